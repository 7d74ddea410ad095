#include "integrations/sandbox/cluster/schema.hpp"

namespace driftwarden::sandbox::cluster {

const char* const kOtherTypes = R"(
DeleteOptions gracePeriodSeconds^#1:l preconditions^#2:Preconditions orphanDependents^#3:b propagationPolicy^#4:s dryRun#5:[s]
  ignoreStoreReadErrorWithClusterBreakingPotential^#6:b
ObjectMeta name#1:s generateName#2:s namespace#3:s selfLink#4:s uid#5:s resourceVersion#6:s generation#7:l creationTimestamp#8:t
  deletionTimestamp^#9:t deletionGracePeriodSeconds^#10:l labels#11:{s} annotations#12:{s} ownerReferences#13:[OwnerReference]@uid~uid
  finalizers#14:[s]@s~ managedFields#17:[ManagedFieldsEntry]
Preconditions uid^#1:s resourceVersion^#2:s
OwnerReference@a apiVersion!=#5:s kind!=#1:s name!=#3:s uid!=#4:s controller^#6:b blockOwnerDeletion^#7:b
ManagedFieldsEntry manager#1:s operation#2:s apiVersion#3:s time^#4:t fieldsType#6:s fieldsV1^#7:j subresource#8:s
Condition type!=#1:s status!=#2:s observedGeneration#3:l lastTransitionTime!=#4:t reason!=#5:s message!=#6:s
LabelSelector@a matchLabels#1:{s} matchExpressions#2:[LabelSelectorRequirement]
LabelSelectorRequirement key!=#1:s operator!=#2:s values#3:[s]
Ingress metadata=#1:ObjectMeta spec=#2:IngressSpec status=#3:IngressStatus
NetworkPolicy metadata=#1:ObjectMeta spec=#2:NetworkPolicySpec
IngressClass metadata=#1:ObjectMeta spec=#2:IngressClassSpec
IngressSpec ingressClassName^#4:s defaultBackend^#1:IngressBackend tls#2:[IngressTLS] rules#3:[IngressRule]
IngressStatus loadBalancer=#1:IngressLoadBalancerStatus
NetworkPolicySpec podSelector=#1:LabelSelector ingress#2:[NetworkPolicyIngressRule] egress#3:[NetworkPolicyEgressRule] policyTypes#4:[s]
IngressClassSpec controller#1:s parameters^#2:IngressClassParametersReference
IngressBackend service^#4:IngressServiceBackend resource^#3:TypedLocalObjectReference
IngressTLS hosts#1:[s] secretName#2:s
IngressRule host#1:s http^:HTTPIngressRuleValue +IngressRuleValue#2
IngressLoadBalancerStatus ingress#1:[IngressLoadBalancerIngress]
NetworkPolicyIngressRule ports#1:[NetworkPolicyPort] from#2:[NetworkPolicyPeer]
NetworkPolicyEgressRule ports#1:[NetworkPolicyPort] to#2:[NetworkPolicyPeer]
IngressClassParametersReference apiGroup^#1:s kind!=#2:s name!=#3:s scope^#4:s namespace^#5:s
IngressServiceBackend name!=#1:s port=#2:ServiceBackendPort
HTTPIngressRuleValue paths!=#1:[HTTPIngressPath]
IngressRuleValue http^#1:HTTPIngressRuleValue
IngressLoadBalancerIngress ip#1:s hostname#2:s ports#4:[IngressPortStatus]
NetworkPolicyPort protocol^#1:s port^#2:x endPort^#3:i
NetworkPolicyPeer podSelector^#1:LabelSelector namespaceSelector^#2:LabelSelector ipBlock^#3:IPBlock
ServiceBackendPort@a name#1:s number#2:i
HTTPIngressPath path#1:s pathType!^#3:s backend!=#2:IngressBackend
IngressPortStatus port!=#1:i protocol!=#2:s error^#3:s
IPBlock cidr!=#1:s except#2:[s]
Role metadata=#1:ObjectMeta rules=#2:[PolicyRule]
RoleBinding metadata=#1:ObjectMeta subjects#2:[Subject] roleRef!=#3:RoleRef
ClusterRole metadata=#1:ObjectMeta rules=#2:[PolicyRule] aggregationRule^#3:AggregationRule
ClusterRoleBinding metadata=#1:ObjectMeta subjects#2:[Subject] roleRef!=#3:RoleRef
PolicyRule verbs!=#1:[s] apiGroups#2:[s] resources#3:[s] resourceNames#4:[s] nonResourceURLs#5:[s]
Subject@a kind!=#1:s apiGroup#2:s name!=#3:s namespace#4:s
RoleRef@a apiGroup=#1:s kind!=#2:s name!=#3:s
AggregationRule clusterRoleSelectors#1:[LabelSelector]
StorageClass metadata=#1:ObjectMeta provisioner!=#2:s parameters#3:{s} reclaimPolicy^#4:s mountOptions#5:[s] allowVolumeExpansion^#6:b
  volumeBindingMode^#7:s allowedTopologies#8:[TopologySelectorTerm]
PriorityClass metadata=#1:ObjectMeta value=#2:i globalDefault#3:b description#4:s preemptionPolicy^#5:s
Lease metadata=#1:ObjectMeta spec=#2:LeaseSpec
LeaseSpec holderIdentity^#1:s leaseDurationSeconds^#2:i acquireTime^#3:u renewTime^#4:u leaseTransitions^#5:i strategy^#6:s preferredHolder^#7:s
EndpointSlice metadata=#1:ObjectMeta addressType!=#4:s endpoints=#2:[Endpoint] ports=#3:[EndpointPort]
Endpoint addresses!=#1:[s]@s conditions=#2:EndpointConditions hostname^#3:s targetRef^#4:ObjectReference deprecatedTopology#5:{s} nodeName^#6:s
  zone^#7:s hints^#8:EndpointHints
EndpointPort@a name^#1:s protocol^#2:s port^#3:i appProtocol^#4:s
EndpointConditions ready^#1:b serving^#2:b terminating^#3:b
EndpointHints forZones#1:[ForZone] forNodes#2:[ForNode]
ForZone name!=#1:s
ForNode name!=#1:s
ValidatingWebhookConfiguration metadata=#1:ObjectMeta webhooks#2:[ValidatingWebhook]@name~name
MutatingWebhookConfiguration metadata=#1:ObjectMeta webhooks#2:[MutatingWebhook]@name~name
ValidatingWebhook name!=#1:s clientConfig!=#2:WebhookClientConfig rules#3:[RuleWithOperations] failurePolicy^#4:s matchPolicy^#9:s
  namespaceSelector^#5:LabelSelector objectSelector^#10:LabelSelector sideEffects!^#6:s timeoutSeconds^#7:i admissionReviewVersions!=#8:[s]
  matchConditions#11:[MatchCondition]@name~name
MutatingWebhook name!=#1:s clientConfig!=#2:WebhookClientConfig rules#3:[RuleWithOperations] failurePolicy^#4:s matchPolicy^#9:s
  namespaceSelector^#5:LabelSelector objectSelector^#11:LabelSelector sideEffects!^#6:s timeoutSeconds^#7:i admissionReviewVersions!=#8:[s]
  reinvocationPolicy^#10:s matchConditions#12:[MatchCondition]@name~name
WebhookClientConfig url^#3:s service^#1:ServiceReference caBundle#2:y
RuleWithOperations operations#1:[s] apiGroups:[s] apiVersions:[s] resources:[s] scope^:s +Rule#2
MatchCondition name!=#1:s expression!=#2:s
ServiceReference namespace!=#1:s name!=#2:s path^#3:s port^#4:i
Rule apiGroups#1:[s] apiVersions#2:[s] resources#3:[s] scope^#4:s
CustomResourceDefinition metadata=#1:ObjectMeta spec!=#2:CustomResourceDefinitionSpec status=#3:CustomResourceDefinitionStatus
CustomResourceDefinitionSpec group!=#1:s names!=#3:CustomResourceDefinitionNames scope!=#4:s versions!=#7:[CustomResourceDefinitionVersion]
  conversion^#9:CustomResourceConversion preserveUnknownFields#10:b
CustomResourceDefinitionStatus conditions=#1:[CustomResourceDefinitionCondition]@type acceptedNames=#2:CustomResourceDefinitionNames
  storedVersions=#3:[s] observedGeneration#4:l
CustomResourceDefinitionNames plural!=#1:s singular#2:s shortNames#3:[s] kind!=#4:s listKind#5:s categories#6:[s]
CustomResourceDefinitionVersion name!=#1:s served!=#2:b storage!=#3:b deprecated#7:b deprecationWarning^#8:s schema^#4:CustomResourceValidation
  subresources^#5:CustomResourceSubresources additionalPrinterColumns#6:[CustomResourceColumnDefinition] selectableFields#9:[SelectableField]
CustomResourceConversion strategy!=#1:s webhook^#2:WebhookConversion
CustomResourceDefinitionCondition type!=#1:s status!=#2:s lastTransitionTime=#3:t reason#4:s message#5:s observedGeneration#6:l
CustomResourceValidation openAPIV3Schema^#1:*
CustomResourceSubresources status^#1:j scale^#2:CustomResourceSubresourceScale
CustomResourceColumnDefinition name!=#1:s type!=#2:s format#3:s description#4:s priority#5:i jsonPath!=#6:s
SelectableField jsonPath!=#1:s
WebhookConversion clientConfig^#2:CrdWebhookClientConfig conversionReviewVersions!=#3:[s]
CustomResourceSubresourceScale specReplicasPath!=#1:s statusReplicasPath!=#2:s labelSelectorPath^#3:s
CrdWebhookClientConfig url^#3:s service^#1:CrdServiceReference caBundle#2:y
CrdServiceReference namespace!=#1:s name!=#2:s path^#3:s port^#4:i
)";

}  // namespace driftwarden::sandbox::cluster

#include "integrations/sandbox/cluster/schema.hpp"

namespace driftwarden::sandbox::cluster {

const char* const kOtherTypes = R"(
ObjectMeta name:s generateName:s namespace:s selfLink:s uid:s resourceVersion:s generation:l creationTimestamp:t deletionTimestamp^:t
  deletionGracePeriodSeconds^:l labels:{s} annotations:{s} ownerReferences:[OwnerReference]@uid~uid finalizers:[s]@s~
  managedFields:[ManagedFieldsEntry]
OwnerReference@a apiVersion!=:s kind!=:s name!=:s uid!=:s controller^:b blockOwnerDeletion^:b
ManagedFieldsEntry manager:s operation:s apiVersion:s time^:t fieldsType:s fieldsV1^:j subresource:s
Condition type!=:s status!=:s observedGeneration:l lastTransitionTime!=:t reason!=:s message!=:s
LabelSelector@a matchLabels:{s} matchExpressions:[LabelSelectorRequirement]
LabelSelectorRequirement key!=:s operator!=:s values:[s]
Ingress metadata=:ObjectMeta spec=:IngressSpec status=:IngressStatus
NetworkPolicy metadata=:ObjectMeta spec=:NetworkPolicySpec
IngressClass metadata=:ObjectMeta spec=:IngressClassSpec
IngressSpec ingressClassName^:s defaultBackend^:IngressBackend tls:[IngressTLS] rules:[IngressRule]
IngressStatus loadBalancer=:IngressLoadBalancerStatus
NetworkPolicySpec podSelector=:LabelSelector ingress:[NetworkPolicyIngressRule] egress:[NetworkPolicyEgressRule] policyTypes:[s]
IngressClassSpec controller:s parameters^:IngressClassParametersReference
IngressBackend service^:IngressServiceBackend resource^:TypedLocalObjectReference
IngressTLS hosts:[s] secretName:s
IngressRule host:s http^:HTTPIngressRuleValue
IngressLoadBalancerStatus ingress:[IngressLoadBalancerIngress]
NetworkPolicyIngressRule ports:[NetworkPolicyPort] from:[NetworkPolicyPeer]
NetworkPolicyEgressRule ports:[NetworkPolicyPort] to:[NetworkPolicyPeer]
IngressClassParametersReference apiGroup^:s kind!=:s name!=:s scope^:s namespace^:s
IngressServiceBackend name!=:s port=:ServiceBackendPort
HTTPIngressRuleValue paths!=:[HTTPIngressPath]
IngressLoadBalancerIngress ip:s hostname:s ports:[IngressPortStatus]
NetworkPolicyPort protocol^:s port^:x endPort^:i
NetworkPolicyPeer podSelector^:LabelSelector namespaceSelector^:LabelSelector ipBlock^:IPBlock
ServiceBackendPort@a name:s number:i
HTTPIngressPath path:s pathType!^:s backend!=:IngressBackend
IngressPortStatus port!=:i protocol!=:s error^:s
IPBlock cidr!=:s except:[s]
Role metadata=:ObjectMeta rules=:[PolicyRule]
RoleBinding metadata=:ObjectMeta subjects:[Subject] roleRef!=:RoleRef
ClusterRole metadata=:ObjectMeta rules=:[PolicyRule] aggregationRule^:AggregationRule
ClusterRoleBinding metadata=:ObjectMeta subjects:[Subject] roleRef!=:RoleRef
PolicyRule verbs!=:[s] apiGroups:[s] resources:[s] resourceNames:[s] nonResourceURLs:[s]
Subject@a kind!=:s apiGroup:s name!=:s namespace:s
RoleRef@a apiGroup=:s kind!=:s name!=:s
AggregationRule clusterRoleSelectors:[LabelSelector]
StorageClass metadata=:ObjectMeta provisioner!=:s parameters:{s} reclaimPolicy^:s mountOptions:[s] allowVolumeExpansion^:b volumeBindingMode^:s
  allowedTopologies:[TopologySelectorTerm]
PriorityClass metadata=:ObjectMeta value=:i globalDefault:b description:s preemptionPolicy^:s
Lease metadata=:ObjectMeta spec=:LeaseSpec
LeaseSpec holderIdentity^:s leaseDurationSeconds^:i acquireTime^:u renewTime^:u leaseTransitions^:i strategy^:s preferredHolder^:s
EndpointSlice metadata=:ObjectMeta addressType!=:s endpoints=:[Endpoint] ports=:[EndpointPort]
Endpoint addresses!=:[s]@s conditions=:EndpointConditions hostname^:s targetRef^:ObjectReference deprecatedTopology:{s} nodeName^:s zone^:s
  hints^:EndpointHints
EndpointPort@a name^:s protocol^:s port^:i appProtocol^:s
EndpointConditions ready^:b serving^:b terminating^:b
EndpointHints forZones:[ForZone] forNodes:[ForNode]
ForZone name!=:s
ForNode name!=:s
ValidatingWebhookConfiguration metadata=:ObjectMeta webhooks:[ValidatingWebhook]@name~name
MutatingWebhookConfiguration metadata=:ObjectMeta webhooks:[MutatingWebhook]@name~name
ValidatingWebhook name!=:s clientConfig!=:WebhookClientConfig rules:[RuleWithOperations] failurePolicy^:s matchPolicy^:s
  namespaceSelector^:LabelSelector objectSelector^:LabelSelector sideEffects!^:s timeoutSeconds^:i admissionReviewVersions!=:[s]
  matchConditions:[MatchCondition]@name~name
MutatingWebhook name!=:s clientConfig!=:WebhookClientConfig rules:[RuleWithOperations] failurePolicy^:s matchPolicy^:s
  namespaceSelector^:LabelSelector objectSelector^:LabelSelector sideEffects!^:s timeoutSeconds^:i admissionReviewVersions!=:[s]
  reinvocationPolicy^:s matchConditions:[MatchCondition]@name~name
WebhookClientConfig url^:s service^:ServiceReference caBundle:y
RuleWithOperations operations:[s] apiGroups:[s] apiVersions:[s] resources:[s] scope^:s
MatchCondition name!=:s expression!=:s
ServiceReference namespace!=:s name!=:s path^:s port^:i
CustomResourceDefinition metadata=:ObjectMeta spec!=:CustomResourceDefinitionSpec status=:CustomResourceDefinitionStatus
CustomResourceDefinitionSpec group!=:s names!=:CustomResourceDefinitionNames scope!=:s versions!=:[CustomResourceDefinitionVersion]
  conversion^:CustomResourceConversion preserveUnknownFields:b
CustomResourceDefinitionStatus conditions=:[CustomResourceDefinitionCondition]@type acceptedNames=:CustomResourceDefinitionNames
  storedVersions=:[s] observedGeneration:l
CustomResourceDefinitionNames plural!=:s singular:s shortNames:[s] kind!=:s listKind:s categories:[s]
CustomResourceDefinitionVersion name!=:s served!=:b storage!=:b deprecated:b deprecationWarning^:s schema^:CustomResourceValidation
  subresources^:CustomResourceSubresources additionalPrinterColumns:[CustomResourceColumnDefinition] selectableFields:[SelectableField]
CustomResourceConversion strategy!=:s webhook^:WebhookConversion
CustomResourceDefinitionCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s observedGeneration:l
CustomResourceValidation openAPIV3Schema^:*
CustomResourceSubresources status^:j scale^:CustomResourceSubresourceScale
CustomResourceColumnDefinition name!=:s type!=:s format:s description:s priority:i jsonPath!=:s
SelectableField jsonPath!=:s
WebhookConversion clientConfig^:CrdWebhookClientConfig conversionReviewVersions!=:[s]
CustomResourceSubresourceScale specReplicasPath!=:s statusReplicasPath!=:s labelSelectorPath^:s
CrdWebhookClientConfig url^:s service^:CrdServiceReference caBundle:y
CrdServiceReference namespace!=:s name!=:s path^:s port^:i
)";

}  // namespace driftwarden::sandbox::cluster

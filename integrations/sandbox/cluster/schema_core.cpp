#include "integrations/sandbox/cluster/schema.hpp"

namespace driftwarden::sandbox::cluster {

const char* const kCoreTypes = R"(
Pod metadata=:ObjectMeta spec=:PodSpec status=:PodStatus
Service metadata=:ObjectMeta spec=:ServiceSpec status=:ServiceStatus
ConfigMap metadata=:ObjectMeta immutable^:b data:{s} binaryData:{y}
Secret metadata=:ObjectMeta immutable^:b data:{y} stringData:{s} type:s
Namespace metadata=:ObjectMeta spec=:NamespaceSpec status=:NamespaceStatus
Node metadata=:ObjectMeta spec=:NodeSpec status=:NodeStatus
Event metadata!=:ObjectMeta involvedObject!=:ObjectReference reason:s message:s source=:EventSource firstTimestamp=:t lastTimestamp=:t count:i
  type:s eventTime=:u series^:EventSeries action:s related^:ObjectReference reportingComponent=:s reportingInstance=:s
ServiceAccount metadata=:ObjectMeta secrets:[ObjectReference]@name~name imagePullSecrets:[LocalObjectReference] automountServiceAccountToken^:b
PersistentVolumeClaim apiVersion:s kind:s metadata=:ObjectMeta spec=:PersistentVolumeClaimSpec status=:PersistentVolumeClaimStatus
PersistentVolume metadata=:ObjectMeta spec=:PersistentVolumeSpec status=:PersistentVolumeStatus
ReplicationController metadata=:ObjectMeta spec=:ReplicationControllerSpec status=:ReplicationControllerStatus
Endpoints metadata=:ObjectMeta subsets:[EndpointSubset]
LimitRange metadata=:ObjectMeta spec=:LimitRangeSpec
ResourceQuota metadata=:ObjectMeta spec=:ResourceQuotaSpec status=:ResourceQuotaStatus
PodTemplate metadata=:ObjectMeta template=:PodTemplateSpec
PodSpec volumes:[Volume]@name~name% initContainers:[Container]@name~name containers!=:[Container]@name~name
  ephemeralContainers:[EphemeralContainer]@name~name restartPolicy:s terminationGracePeriodSeconds^:l activeDeadlineSeconds^:l dnsPolicy:s
  nodeSelector:{s}@a serviceAccountName:s serviceAccount:s automountServiceAccountToken^:b nodeName:s hostNetwork:b hostPID:b hostIPC:b
  shareProcessNamespace^:b securityContext^:PodSecurityContext imagePullSecrets:[LocalObjectReference]@name~name hostname:s subdomain:s
  affinity^:Affinity schedulerName:s tolerations:[Toleration] hostAliases:[HostAlias]@ip~ip priorityClassName:s priority^:i
  dnsConfig^:PodDNSConfig readinessGates:[PodReadinessGate] runtimeClassName^:s enableServiceLinks^:b preemptionPolicy^:s overhead:{q}
  topologySpreadConstraints:[TopologySpreadConstraint]@topologyKey,whenUnsatisfiable~topologyKey setHostnameAsFQDN^:b os^:PodOS hostUsers^:b
  schedulingGates:[PodSchedulingGate]@name~name resourceClaims:[PodResourceClaim]@name~name% resources^:ResourceRequirements hostnameOverride^:s
  schedulingGroup^:PodSchedulingGroup
PodStatus observedGeneration:l phase:s conditions:[PodCondition]@type~type message:s reason:s nominatedNodeName:s hostIP:s hostIPs:[HostIP]~ip
  podIP:s podIPs:[PodIP]@ip~ip startTime^:t initContainerStatuses:[ContainerStatus] containerStatuses:[ContainerStatus] qosClass:s
  ephemeralContainerStatuses:[ContainerStatus] resize:s resourceClaimStatuses:[PodResourceClaimStatus]@name~name%
  extendedResourceClaimStatus^:PodExtendedResourceClaimStatus allocatedResources:{q} resources^:ResourceRequirements
  nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus]
ServiceSpec ports:[ServicePort]@port,protocol~port selector:{s}@a clusterIP:s clusterIPs:[s] type:s externalIPs:[s] sessionAffinity:s
  loadBalancerIP:s loadBalancerSourceRanges:[s] externalName:s externalTrafficPolicy:s healthCheckNodePort:i publishNotReadyAddresses:b
  sessionAffinityConfig^:SessionAffinityConfig ipFamilies:[s] ipFamilyPolicy^:s allocateLoadBalancerNodePorts^:b loadBalancerClass^:s
  internalTrafficPolicy^:s trafficDistribution^:s
ServiceStatus loadBalancer=:LoadBalancerStatus conditions:[Condition]@type~type
NamespaceSpec finalizers:[s]
NamespaceStatus phase:s conditions:[NamespaceCondition]@type~type
NodeSpec podCIDR:s podCIDRs:[s]@s~ providerID:s unschedulable:b taints:[Taint] configSource^:NodeConfigSource externalID:s
NodeStatus capacity:{q} allocatable:{q} phase:s conditions:[NodeCondition]@type~type addresses:[NodeAddress]@type~type
  daemonEndpoints=:NodeDaemonEndpoints nodeInfo=:NodeSystemInfo images:[ContainerImage] volumesInUse:[s] volumesAttached:[AttachedVolume]
  config^:NodeConfigStatus runtimeHandlers:[NodeRuntimeHandler] features^:NodeFeatures declaredFeatures:[s]
ObjectReference@a kind:s namespace:s name:s uid:s apiVersion:s resourceVersion:s fieldPath:s
EventSource component:s host:s
EventSeries count:i lastObservedTime=:u
LocalObjectReference@a name:s
PersistentVolumeClaimSpec accessModes:[s] selector^:LabelSelector resources=:VolumeResourceRequirements volumeName:s storageClassName^:s
  volumeMode^:s dataSource^:TypedLocalObjectReference dataSourceRef^:TypedObjectReference volumeAttributesClassName^:s
PersistentVolumeClaimStatus phase:s accessModes:[s] capacity:{q} conditions:[PersistentVolumeClaimCondition]@type~type allocatedResources:{q}
  allocatedResourceStatuses:{s} currentVolumeAttributesClassName^:s modifyVolumeStatus^:ModifyVolumeStatus
PersistentVolumeSpec capacity:{q} gcePersistentDisk^:GCEPersistentDiskVolumeSource awsElasticBlockStore^:AWSElasticBlockStoreVolumeSource
  hostPath^:HostPathVolumeSource glusterfs^:GlusterfsPersistentVolumeSource nfs^:NFSVolumeSource rbd^:RBDPersistentVolumeSource
  iscsi^:ISCSIPersistentVolumeSource cinder^:CinderPersistentVolumeSource cephfs^:CephFSPersistentVolumeSource fc^:FCVolumeSource
  flocker^:FlockerVolumeSource flexVolume^:FlexPersistentVolumeSource azureFile^:AzureFilePersistentVolumeSource
  vsphereVolume^:VsphereVirtualDiskVolumeSource quobyte^:QuobyteVolumeSource azureDisk^:AzureDiskVolumeSource
  photonPersistentDisk^:PhotonPersistentDiskVolumeSource portworxVolume^:PortworxVolumeSource scaleIO^:ScaleIOPersistentVolumeSource
  local^:LocalVolumeSource storageos^:StorageOSPersistentVolumeSource csi^:CSIPersistentVolumeSource accessModes:[s] claimRef^:ObjectReference
  persistentVolumeReclaimPolicy:s storageClassName:s mountOptions:[s] volumeMode^:s nodeAffinity^:VolumeNodeAffinity volumeAttributesClassName^:s
PersistentVolumeStatus phase:s message:s reason:s lastPhaseTransitionTime^:t
ReplicationControllerSpec replicas^:i minReadySeconds:i selector:{s}@a template^:PodTemplateSpec
ReplicationControllerStatus replicas!=:i fullyLabeledReplicas:i readyReplicas:i availableReplicas:i observedGeneration:l
  conditions:[ReplicationControllerCondition]@type~type
EndpointSubset addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[CoreEndpointPort]
LimitRangeSpec limits!=:[LimitRangeItem]
ResourceQuotaSpec hard:{q} scopes:[s] scopeSelector^:ScopeSelector
ResourceQuotaStatus hard:{q} used:{q}
PodTemplateSpec metadata=:ObjectMeta spec=:PodSpec
TopologySelectorTerm@a matchLabelExpressions:[TopologySelectorLabelRequirement]
Volume name!=:s hostPath^:HostPathVolumeSource emptyDir^:EmptyDirVolumeSource gcePersistentDisk^:GCEPersistentDiskVolumeSource
  awsElasticBlockStore^:AWSElasticBlockStoreVolumeSource gitRepo^:GitRepoVolumeSource secret^:SecretVolumeSource nfs^:NFSVolumeSource
  iscsi^:ISCSIVolumeSource glusterfs^:GlusterfsVolumeSource persistentVolumeClaim^:PersistentVolumeClaimVolumeSource rbd^:RBDVolumeSource
  flexVolume^:FlexVolumeSource cinder^:CinderVolumeSource cephfs^:CephFSVolumeSource flocker^:FlockerVolumeSource
  downwardAPI^:DownwardAPIVolumeSource fc^:FCVolumeSource azureFile^:AzureFileVolumeSource configMap^:ConfigMapVolumeSource
  vsphereVolume^:VsphereVirtualDiskVolumeSource quobyte^:QuobyteVolumeSource azureDisk^:AzureDiskVolumeSource
  photonPersistentDisk^:PhotonPersistentDiskVolumeSource projected^:ProjectedVolumeSource portworxVolume^:PortworxVolumeSource
  scaleIO^:ScaleIOVolumeSource storageos^:StorageOSVolumeSource csi^:CSIVolumeSource ephemeral^:EphemeralVolumeSource image^:ImageVolumeSource
Container name!=:s image:s command:[s] args:[s] workingDir:s ports:[ContainerPort]@containerPort,protocol~containerPort envFrom:[EnvFromSource]
  env:[EnvVar]@name~name resources=:ResourceRequirements resizePolicy:[ContainerResizePolicy] restartPolicy^:s
  restartPolicyRules:[ContainerRestartRule] volumeMounts:[VolumeMount]@mountPath~mountPath volumeDevices:[VolumeDevice]@devicePath~devicePath
  livenessProbe^:Probe readinessProbe^:Probe startupProbe^:Probe lifecycle^:Lifecycle terminationMessagePath:s terminationMessagePolicy:s
  imagePullPolicy:s securityContext^:SecurityContext stdin:b stdinOnce:b tty:b
EphemeralContainer name!=:s image:s command:[s] args:[s] workingDir:s ports:[ContainerPort]@containerPort,protocol~containerPort
  envFrom:[EnvFromSource] env:[EnvVar]@name~name resources=:ResourceRequirements resizePolicy:[ContainerResizePolicy] restartPolicy^:s
  restartPolicyRules:[ContainerRestartRule] volumeMounts:[VolumeMount]@mountPath~mountPath volumeDevices:[VolumeDevice]@devicePath~devicePath
  livenessProbe^:Probe readinessProbe^:Probe startupProbe^:Probe lifecycle^:Lifecycle terminationMessagePath:s terminationMessagePolicy:s
  imagePullPolicy:s securityContext^:SecurityContext stdin:b stdinOnce:b tty:b targetContainerName:s
PodSecurityContext seLinuxOptions^:SELinuxOptions windowsOptions^:WindowsSecurityContextOptions runAsUser^:l runAsGroup^:l runAsNonRoot^:b
  supplementalGroups:[l] supplementalGroupsPolicy^:s fsGroup^:l sysctls:[Sysctl] fsGroupChangePolicy^:s seccompProfile^:SeccompProfile
  appArmorProfile^:AppArmorProfile seLinuxChangePolicy^:s
Affinity nodeAffinity^:NodeAffinity podAffinity^:PodAffinity podAntiAffinity^:PodAntiAffinity
Toleration key:s operator:s value:s effect:s tolerationSeconds^:l
HostAlias ip!=:s hostnames:[s]
PodDNSConfig nameservers:[s] searches:[s] options:[PodDNSConfigOption]
PodReadinessGate conditionType!=:s
TopologySpreadConstraint maxSkew!=:i topologyKey!=:s whenUnsatisfiable!=:s labelSelector^:LabelSelector minDomains^:i nodeAffinityPolicy^:s
  nodeTaintsPolicy^:s matchLabelKeys:[s]
PodOS name!=:s
PodSchedulingGate name!=:s
PodResourceClaim name!=:s resourceClaimName^:s resourceClaimTemplateName^:s
ResourceRequirements limits:{q} requests:{q} claims:[ResourceClaim]@name
PodSchedulingGroup podGroupName^:s
PodCondition type!=:s observedGeneration:l status!=:s lastProbeTime=:t lastTransitionTime=:t reason:s message:s
HostIP ip!=:s
PodIP ip!=:s
ContainerStatus name!=:s state=:ContainerState lastState=:ContainerState ready!=:b restartCount!=:i image!=:s imageID!=:s containerID:s started^:b
  allocatedResources:{q} resources^:ResourceRequirements volumeMounts:[VolumeMountStatus]@mountPath~mountPath user^:ContainerUser
  allocatedResourcesStatus:[ResourceStatus]@name~name stopSignal^:s
PodResourceClaimStatus name!=:s resourceClaimName^:s
PodExtendedResourceClaimStatus requestMappings!=:[ContainerExtendedResourceRequest] resourceClaimName!=:s
NodeAllocatableResourceClaimStatus resourceClaimName!=:s containers:[s]@s resources!=:{q}
ServicePort name:s protocol:s appProtocol^:s port!=:i targetPort=:x nodePort:i
SessionAffinityConfig clientIP^:ClientIPConfig
LoadBalancerStatus ingress:[LoadBalancerIngress]
NamespaceCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s
Taint key!=:s value:s effect!=:s timeAdded^:t
NodeConfigSource configMap^:ConfigMapNodeConfigSource
NodeCondition type!=:s status!=:s lastHeartbeatTime=:t lastTransitionTime=:t reason:s message:s
NodeAddress type!=:s address!=:s
NodeDaemonEndpoints kubeletEndpoint=:DaemonEndpoint
NodeSystemInfo machineID!=:s systemUUID!=:s bootID!=:s kernelVersion!=:s osImage!=:s containerRuntimeVersion!=:s kubeletVersion!=:s
  kubeProxyVersion!=:s operatingSystem!=:s architecture!=:s swap^:NodeSwapStatus
ContainerImage names=:[s] sizeBytes:l
AttachedVolume name!=:s devicePath!=:s
NodeConfigStatus assigned^:NodeConfigSource active^:NodeConfigSource lastKnownGood^:NodeConfigSource error:s
NodeRuntimeHandler name=:s features^:NodeRuntimeHandlerFeatures
NodeFeatures supplementalGroupsPolicy^:b
VolumeResourceRequirements limits:{q} requests:{q}
TypedLocalObjectReference@a apiGroup^:s kind!=:s name!=:s
TypedObjectReference apiGroup^:s kind!=:s name!=:s namespace^:s
PersistentVolumeClaimCondition type!=:s status!=:s lastProbeTime=:t lastTransitionTime=:t reason:s message:s
ModifyVolumeStatus targetVolumeAttributesClassName:s status!=:s
GCEPersistentDiskVolumeSource pdName!=:s fsType:s partition:i readOnly:b
AWSElasticBlockStoreVolumeSource volumeID!=:s fsType:s partition:i readOnly:b
HostPathVolumeSource path!=:s type^:s
GlusterfsPersistentVolumeSource endpoints!=:s path!=:s readOnly:b endpointsNamespace^:s
NFSVolumeSource server!=:s path!=:s readOnly:b
RBDPersistentVolumeSource monitors!=:[s] image!=:s fsType:s pool:s user:s keyring:s secretRef^:SecretReference readOnly:b
ISCSIPersistentVolumeSource targetPortal!=:s iqn!=:s lun!=:i iscsiInterface:s fsType:s readOnly:b portals:[s] chapAuthDiscovery:b
  chapAuthSession:b secretRef^:SecretReference initiatorName^:s
CinderPersistentVolumeSource volumeID!=:s fsType:s readOnly:b secretRef^:SecretReference
CephFSPersistentVolumeSource monitors!=:[s] path:s user:s secretFile:s secretRef^:SecretReference readOnly:b
FCVolumeSource targetWWNs:[s] lun^:i fsType:s readOnly:b wwids:[s]
FlockerVolumeSource datasetName:s datasetUUID:s
FlexPersistentVolumeSource driver!=:s fsType:s secretRef^:SecretReference readOnly:b options:{s}
AzureFilePersistentVolumeSource secretName!=:s shareName!=:s readOnly:b secretNamespace^:s
VsphereVirtualDiskVolumeSource volumePath!=:s fsType:s storagePolicyName:s storagePolicyID:s
QuobyteVolumeSource registry!=:s volume!=:s readOnly:b user:s group:s tenant:s
AzureDiskVolumeSource diskName!=:s diskURI!=:s cachingMode^:s fsType^:s readOnly^:b kind^:s
PhotonPersistentDiskVolumeSource pdID!=:s fsType:s
PortworxVolumeSource volumeID!=:s fsType:s readOnly:b
ScaleIOPersistentVolumeSource gateway!=:s system!=:s secretRef!^:SecretReference sslEnabled:b protectionDomain:s storagePool:s storageMode:s
  volumeName:s fsType:s readOnly:b
LocalVolumeSource path!=:s fsType^:s
StorageOSPersistentVolumeSource volumeName:s volumeNamespace:s fsType:s readOnly:b secretRef^:ObjectReference
CSIPersistentVolumeSource driver!=:s volumeHandle!=:s readOnly:b fsType:s volumeAttributes:{s} controllerPublishSecretRef^:SecretReference
  nodeStageSecretRef^:SecretReference nodePublishSecretRef^:SecretReference controllerExpandSecretRef^:SecretReference
  nodeExpandSecretRef^:SecretReference
VolumeNodeAffinity required^:NodeSelector
ReplicationControllerCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s
EndpointAddress@a ip!=:s hostname:s nodeName^:s targetRef^:ObjectReference
CoreEndpointPort@a name:s port!=:i protocol:s appProtocol^:s
LimitRangeItem type!=:s max:{q} min:{q} default:{q} defaultRequest:{q} maxLimitRequestRatio:{q}
ScopeSelector@a matchExpressions:[ScopedResourceSelectorRequirement]
TopologySelectorLabelRequirement key!=:s values!=:[s]
EmptyDirVolumeSource medium:s sizeLimit^:q
GitRepoVolumeSource repository!=:s revision:s directory:s
SecretVolumeSource secretName:s items:[KeyToPath] defaultMode^:i optional^:b
ISCSIVolumeSource targetPortal!=:s iqn!=:s lun!=:i iscsiInterface:s fsType:s readOnly:b portals:[s] chapAuthDiscovery:b chapAuthSession:b
  secretRef^:LocalObjectReference initiatorName^:s
GlusterfsVolumeSource endpoints!=:s path!=:s readOnly:b
PersistentVolumeClaimVolumeSource claimName!=:s readOnly:b
RBDVolumeSource monitors!=:[s] image!=:s fsType:s pool:s user:s keyring:s secretRef^:LocalObjectReference readOnly:b
FlexVolumeSource driver!=:s fsType:s secretRef^:LocalObjectReference readOnly:b options:{s}
CinderVolumeSource volumeID!=:s fsType:s readOnly:b secretRef^:LocalObjectReference
CephFSVolumeSource monitors!=:[s] path:s user:s secretFile:s secretRef^:LocalObjectReference readOnly:b
DownwardAPIVolumeSource items:[DownwardAPIVolumeFile] defaultMode^:i
AzureFileVolumeSource secretName!=:s shareName!=:s readOnly:b
ConfigMapVolumeSource name:s items:[KeyToPath] defaultMode^:i optional^:b
ProjectedVolumeSource sources=:[VolumeProjection] defaultMode^:i
ScaleIOVolumeSource gateway!=:s system!=:s secretRef!^:LocalObjectReference sslEnabled:b protectionDomain:s storagePool:s storageMode:s
  volumeName:s fsType:s readOnly:b
StorageOSVolumeSource volumeName:s volumeNamespace:s fsType:s readOnly:b secretRef^:LocalObjectReference
CSIVolumeSource driver!=:s readOnly^:b fsType^:s volumeAttributes:{s} nodePublishSecretRef^:LocalObjectReference
EphemeralVolumeSource volumeClaimTemplate^:PersistentVolumeClaimTemplate
ImageVolumeSource reference:s pullPolicy:s
ContainerPort name:s hostPort:i containerPort!=:i protocol:s hostIP:s
EnvFromSource prefix:s configMapRef^:ConfigMapEnvSource secretRef^:SecretEnvSource
EnvVar name!=:s value:s valueFrom^:EnvVarSource
ContainerResizePolicy resourceName!=:s restartPolicy!=:s
ContainerRestartRule action:s exitCodes^:ContainerRestartRuleOnExitCodes
VolumeMount name!=:s readOnly:b recursiveReadOnly^:s mountPath!=:s subPath:s mountPropagation^:s subPathExpr:s
VolumeDevice name!=:s devicePath!=:s
Probe exec^:ExecAction httpGet^:HTTPGetAction tcpSocket^:TCPSocketAction grpc^:GRPCAction initialDelaySeconds:i timeoutSeconds:i periodSeconds:i
  successThreshold:i failureThreshold:i terminationGracePeriodSeconds^:l
Lifecycle postStart^:LifecycleHandler preStop^:LifecycleHandler stopSignal^:s
SecurityContext capabilities^:Capabilities privileged^:b seLinuxOptions^:SELinuxOptions windowsOptions^:WindowsSecurityContextOptions runAsUser^:l
  runAsGroup^:l runAsNonRoot^:b readOnlyRootFilesystem^:b allowPrivilegeEscalation^:b procMount^:s seccompProfile^:SeccompProfile
  appArmorProfile^:AppArmorProfile
SELinuxOptions user:s role:s type:s level:s
WindowsSecurityContextOptions gmsaCredentialSpecName^:s gmsaCredentialSpec^:s runAsUserName^:s hostProcess^:b
Sysctl name!=:s value!=:s
SeccompProfile type!=:s localhostProfile^:s
AppArmorProfile type!=:s localhostProfile^:s
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution^:NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
PodAffinity requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
PodAntiAffinity requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
PodDNSConfigOption name:s value^:s
ResourceClaim name!=:s request:s
ContainerState waiting^:ContainerStateWaiting running^:ContainerStateRunning terminated^:ContainerStateTerminated
VolumeMountStatus name!=:s mountPath!=:s readOnly:b recursiveReadOnly^:s volumeStatus^:VolumeStatus
ContainerUser linux^:LinuxContainerUser
ResourceStatus name!=:s resources:[ResourceHealth]@resourceID
ContainerExtendedResourceRequest containerName!=:s resourceName!=:s requestName!=:s
ClientIPConfig timeoutSeconds^:i
LoadBalancerIngress ip:s hostname:s ipMode^:s ports:[PortStatus]
ConfigMapNodeConfigSource namespace!=:s name!=:s uid:s resourceVersion:s kubeletConfigKey!=:s
DaemonEndpoint Port!=:i
NodeSwapStatus capacity^:l
NodeRuntimeHandlerFeatures recursiveReadOnlyMounts^:b userNamespaces^:b
SecretReference@a name:s namespace:s
NodeSelector@a nodeSelectorTerms!=:[NodeSelectorTerm]
ScopedResourceSelectorRequirement scopeName!=:s operator!=:s values:[s]
KeyToPath key!=:s path!=:s mode^:i
DownwardAPIVolumeFile path!=:s fieldRef^:ObjectFieldSelector resourceFieldRef^:ResourceFieldSelector mode^:i
VolumeProjection secret^:SecretProjection downwardAPI^:DownwardAPIProjection configMap^:ConfigMapProjection
  serviceAccountToken^:ServiceAccountTokenProjection clusterTrustBundle^:ClusterTrustBundleProjection podCertificate^:PodCertificateProjection
PersistentVolumeClaimTemplate metadata=:ObjectMeta spec!=:PersistentVolumeClaimSpec
ConfigMapEnvSource name:s optional^:b
SecretEnvSource name:s optional^:b
EnvVarSource fieldRef^:ObjectFieldSelector resourceFieldRef^:ResourceFieldSelector configMapKeyRef^:ConfigMapKeySelector
  secretKeyRef^:SecretKeySelector fileKeyRef^:FileKeySelector
ContainerRestartRuleOnExitCodes operator:s values:[i]@s
ExecAction command:[s]
HTTPGetAction path:s port!=:x host:s scheme:s httpHeaders:[HTTPHeader]
TCPSocketAction port!=:x host:s
GRPCAction port!=:i service^:s
LifecycleHandler exec^:ExecAction httpGet^:HTTPGetAction tcpSocket^:TCPSocketAction sleep^:SleepAction
Capabilities add:[s] drop:[s]
PreferredSchedulingTerm weight!=:i preference!=:NodeSelectorTerm
PodAffinityTerm labelSelector^:LabelSelector namespaces:[s] topologyKey!=:s namespaceSelector^:LabelSelector matchLabelKeys:[s]
  mismatchLabelKeys:[s]
WeightedPodAffinityTerm weight!=:i podAffinityTerm!=:PodAffinityTerm
ContainerStateWaiting reason:s message:s
ContainerStateRunning startedAt=:t
ContainerStateTerminated exitCode!=:i signal:i reason:s message:s startedAt=:t finishedAt=:t containerID:s
VolumeStatus image^:ImageVolumeStatus
LinuxContainerUser uid!=:l gid!=:l supplementalGroups:[l]
ResourceHealth resourceID!=:s health:s message^:s
PortStatus port!=:i protocol!=:s error^:s
NodeSelectorTerm@a matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
ObjectFieldSelector@a apiVersion:s fieldPath!=:s
ResourceFieldSelector@a containerName:s resource!=:s divisor=:q
SecretProjection name:s items:[KeyToPath] optional^:b
DownwardAPIProjection items:[DownwardAPIVolumeFile]
ConfigMapProjection name:s items:[KeyToPath] optional^:b
ServiceAccountTokenProjection audience:s expirationSeconds^:l path!=:s
ClusterTrustBundleProjection name^:s signerName^:s labelSelector^:LabelSelector optional^:b path!=:s
PodCertificateProjection signerName:s keyType:s maxExpirationSeconds^:i credentialBundlePath:s keyPath:s certificateChainPath:s
  userAnnotations:{s}
ConfigMapKeySelector@a name:s key!=:s optional^:b
SecretKeySelector@a name:s key!=:s optional^:b
FileKeySelector@a volumeName!=:s path!=:s key!=:s optional^:b
HTTPHeader name!=:s value!=:s
SleepAction seconds!=:l
ImageVolumeStatus imageRef:s
NodeSelectorRequirement key!=:s operator!=:s values:[s]
)";

}  // namespace driftwarden::sandbox::cluster

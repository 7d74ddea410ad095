#include "integrations/sandbox/cluster/schema.hpp"

namespace driftwarden::sandbox::cluster {

const char* const kWorkloadTypes = R"(
Deployment metadata=:ObjectMeta spec=:DeploymentSpec status=:DeploymentStatus
StatefulSet metadata=:ObjectMeta spec=:StatefulSetSpec status=:StatefulSetStatus
DaemonSet metadata=:ObjectMeta spec=:DaemonSetSpec status=:DaemonSetStatus
ReplicaSet metadata=:ObjectMeta spec=:ReplicaSetSpec status=:ReplicaSetStatus
ControllerRevision metadata=:ObjectMeta data:j revision!=:l
DeploymentSpec replicas^:i selector!^:LabelSelector template!=:PodTemplateSpec strategy=:DeploymentStrategy% minReadySeconds:i
  revisionHistoryLimit^:i paused:b progressDeadlineSeconds^:i
DeploymentStatus observedGeneration:l replicas:i updatedReplicas:i readyReplicas:i availableReplicas:i unavailableReplicas:i
  terminatingReplicas^:i conditions:[DeploymentCondition]@type~type collisionCount^:i
StatefulSetSpec replicas^:i selector!^:LabelSelector template!=:PodTemplateSpec volumeClaimTemplates:[PersistentVolumeClaim] serviceName=:s
  podManagementPolicy:s updateStrategy=:StatefulSetUpdateStrategy revisionHistoryLimit^:i minReadySeconds:i
  persistentVolumeClaimRetentionPolicy^:StatefulSetPersistentVolumeClaimRetentionPolicy ordinals^:StatefulSetOrdinals
StatefulSetStatus observedGeneration:l replicas!=:i readyReplicas:i currentReplicas:i updatedReplicas:i currentRevision:s updateRevision:s
  collisionCount^:i conditions:[StatefulSetCondition]@type~type availableReplicas=:i
DaemonSetSpec selector!^:LabelSelector template!=:PodTemplateSpec updateStrategy=:DaemonSetUpdateStrategy minReadySeconds:i
  revisionHistoryLimit^:i
DaemonSetStatus currentNumberScheduled!=:i numberMisscheduled!=:i desiredNumberScheduled!=:i numberReady!=:i observedGeneration:l
  updatedNumberScheduled:i numberAvailable:i numberUnavailable:i collisionCount^:i conditions:[DaemonSetCondition]@type~type
ReplicaSetSpec replicas^:i minReadySeconds:i selector!^:LabelSelector template=:PodTemplateSpec
ReplicaSetStatus replicas!=:i fullyLabeledReplicas:i readyReplicas:i availableReplicas:i terminatingReplicas^:i observedGeneration:l
  conditions:[ReplicaSetCondition]@type~type
DeploymentStrategy type:s rollingUpdate^:RollingUpdateDeployment
DeploymentCondition type!=:s status!=:s lastUpdateTime=:t lastTransitionTime=:t reason:s message:s
StatefulSetUpdateStrategy type:s rollingUpdate^:RollingUpdateStatefulSetStrategy
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:s whenScaled:s
StatefulSetOrdinals start=:i
StatefulSetCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s
DaemonSetUpdateStrategy type:s rollingUpdate^:RollingUpdateDaemonSet
DaemonSetCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s
ReplicaSetCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s
RollingUpdateDeployment maxUnavailable^:x maxSurge^:x
RollingUpdateStatefulSetStrategy partition^:i maxUnavailable^:x
RollingUpdateDaemonSet maxUnavailable^:x maxSurge^:x
Job metadata=:ObjectMeta spec=:JobSpec status=:JobStatus
CronJob metadata=:ObjectMeta spec=:CronJobSpec status=:CronJobStatus
JobSpec parallelism^:i completions^:i activeDeadlineSeconds^:l podFailurePolicy^:PodFailurePolicy successPolicy^:SuccessPolicy backoffLimit^:i
  backoffLimitPerIndex^:i maxFailedIndexes^:i selector^:LabelSelector manualSelector^:b template!=:PodTemplateSpec ttlSecondsAfterFinished^:i
  completionMode^:s suspend^:b podReplacementPolicy^:s managedBy^:s
JobStatus conditions:[JobCondition]~type startTime^:t completionTime^:t active:i succeeded:i failed:i terminating^:i completedIndexes:s
  failedIndexes^:s uncountedTerminatedPods^:UncountedTerminatedPods ready^:i
CronJobSpec schedule!=:s timeZone^:s startingDeadlineSeconds^:l concurrencyPolicy:s suspend^:b jobTemplate!=:JobTemplateSpec
  successfulJobsHistoryLimit^:i failedJobsHistoryLimit^:i
CronJobStatus active:[ObjectReference] lastScheduleTime^:t lastSuccessfulTime^:t
PodFailurePolicy rules!=:[PodFailurePolicyRule]
SuccessPolicy rules!=:[SuccessPolicyRule]
JobCondition type!=:s status!=:s lastProbeTime=:t lastTransitionTime=:t reason:s message:s
UncountedTerminatedPods succeeded:[s]@s failed:[s]@s
JobTemplateSpec metadata=:ObjectMeta spec=:JobSpec
PodFailurePolicyRule action!=:s onExitCodes^:PodFailurePolicyOnExitCodesRequirement onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
SuccessPolicyRule succeededIndexes^:s succeededCount^:i
PodFailurePolicyOnExitCodesRequirement containerName^:s operator!=:s values!=:[i]@s
PodFailurePolicyOnPodConditionsPattern type!=:s status=:s
HorizontalPodAutoscaler metadata=:ObjectMeta spec=:HorizontalPodAutoscalerSpec status=:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec scaleTargetRef!=:CrossVersionObjectReference minReplicas^:i maxReplicas!=:i metrics:[MetricSpec]
  behavior^:HorizontalPodAutoscalerBehavior
HorizontalPodAutoscalerStatus observedGeneration^:l lastScaleTime^:t currentReplicas:i desiredReplicas!=:i currentMetrics=:[MetricStatus]
  conditions:[HorizontalPodAutoscalerCondition]@type~type
CrossVersionObjectReference kind!=:s name!=:s apiVersion:s
MetricSpec type!=:s object^:ObjectMetricSource pods^:PodsMetricSource resource^:ResourceMetricSource
  containerResource^:ContainerResourceMetricSource external^:ExternalMetricSource
HorizontalPodAutoscalerBehavior scaleUp^:HPAScalingRules scaleDown^:HPAScalingRules
MetricStatus type!=:s object^:ObjectMetricStatus pods^:PodsMetricStatus resource^:ResourceMetricStatus
  containerResource^:ContainerResourceMetricStatus external^:ExternalMetricStatus
HorizontalPodAutoscalerCondition type!=:s status!=:s lastTransitionTime=:t reason:s message:s
ObjectMetricSource describedObject!=:CrossVersionObjectReference target!=:MetricTarget metric!=:MetricIdentifier
PodsMetricSource metric!=:MetricIdentifier target!=:MetricTarget
ResourceMetricSource name!=:s target!=:MetricTarget
ContainerResourceMetricSource name!=:s target!=:MetricTarget container!=:s
ExternalMetricSource metric!=:MetricIdentifier target!=:MetricTarget
HPAScalingRules stabilizationWindowSeconds^:i selectPolicy^:s policies:[HPAScalingPolicy] tolerance^:q
ObjectMetricStatus metric!=:MetricIdentifier current!=:MetricValueStatus describedObject!=:CrossVersionObjectReference
PodsMetricStatus metric!=:MetricIdentifier current!=:MetricValueStatus
ResourceMetricStatus name!=:s current!=:MetricValueStatus
ContainerResourceMetricStatus name!=:s current!=:MetricValueStatus container!=:s
ExternalMetricStatus metric!=:MetricIdentifier current!=:MetricValueStatus
MetricTarget type!=:s value^:q averageValue^:q averageUtilization^:i
MetricIdentifier name!=:s selector^:LabelSelector
HPAScalingPolicy type!=:s value!=:i periodSeconds!=:i
MetricValueStatus value^:q averageValue^:q averageUtilization^:i
PodDisruptionBudget metadata=:ObjectMeta spec=:PodDisruptionBudgetSpec status=:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec minAvailable^:x selector^:LabelSelector maxUnavailable^:x unhealthyPodEvictionPolicy^:s
PodDisruptionBudgetStatus observedGeneration:l disruptedPods:{t} disruptionsAllowed=:i currentHealthy=:i desiredHealthy=:i expectedPods=:i
  conditions:[Condition]@type~type
Scale metadata=:ObjectMeta spec=:ScaleSpec status=:ScaleStatus
ScaleSpec replicas:i
ScaleStatus replicas!=:i selector:s
)";

}  // namespace driftwarden::sandbox::cluster

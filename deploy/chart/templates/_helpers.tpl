{{- define "driftwarden.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "driftwarden.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "driftwarden.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "driftwarden.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "driftwarden.selector" -}}
app.kubernetes.io/name: {{ include "driftwarden.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "driftwarden.labels" -}}
{{ include "driftwarden.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "driftwarden.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "driftwarden.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name says which one to use, since serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "driftwarden.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* As the config has it; of a shard the bot puts its name behind. */ -}}
{{- define "driftwarden.leaseBase" -}}
{{- default (include "driftwarden.fullname" .) .Values.ha.lease -}}
{{- end -}}
{{- define "driftwarden.lease" -}}
{{- if .Values.shard -}}{{- printf "%s-%s" (include "driftwarden.leaseBase" .) .Values.shard -}}{{- else -}}{{- include "driftwarden.leaseBase" . -}}{{- end -}}
{{- end -}}

{{- /* driftwarden.yaml: the values' config, and what the chart knows better. */ -}}
{{- define "driftwarden.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "storage" (merge (dict "path" "/var/lib/driftwarden/driftwarden.db") (default dict $config.storage)) -}}
{{- $_ := set $config "http" (merge (dict "listen" "0.0.0.0:8484") (default dict $config.http)) -}}
{{- if .Values.ha.enabled -}}
{{- $_ := set $config "ha" (dict "cluster" .Values.ha.cluster "namespace" .Release.Namespace "lease" (include "driftwarden.leaseBase" .) "duration" .Values.ha.duration) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* What makes no sense together is refused here rather than found out at night. */ -}}
{{- define "driftwarden.guards" -}}
{{- if not .Values.config -}}
{{- fail "config is empty: put your driftwarden.yaml there, such as deploy/examples/production.yaml" -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.ha.enabled) -}}
{{- fail "replicas is more than 1 without ha.enabled: every instance would answer, and one database takes one of them" -}}
{{- end -}}
{{- if .Values.ha.enabled -}}
{{- if lt (int .Values.replicas) 2 -}}
{{- fail "ha.enabled with fewer than 2 replicas: nobody could take over" -}}
{{- end -}}
{{- $names := list -}}
{{- range (default list .Values.config.clusters) -}}{{- $names = append $names .name -}}{{- end -}}
{{- if not (has .Values.ha.cluster $names) -}}
{{- fail (printf "ha.cluster is %q, which isn't among config.clusters (%s)" .Values.ha.cluster (join ", " $names)) -}}
{{- end -}}
{{- if not .Values.persistence.enabled -}}
{{- fail "ha.enabled without persistence: who takes over would know nothing of what was open" -}}
{{- end -}}
{{- if and (ne .Values.persistence.accessMode "ReadWriteMany") (not .Values.ha.sameNode) (not .Values.persistence.existingClaim) -}}
{{- fail "ha.enabled needs a volume that both instances can mount: persistence.accessMode ReadWriteMany (one that locks, such as CephFS; not NFS without locks), or ha.sameNode" -}}
{{- end -}}
{{- if eq .Values.persistence.accessMode "ReadWriteOncePod" -}}
{{- fail "ha.enabled with ReadWriteOncePod: the second instance could never start" -}}
{{- end -}}
{{- else if .Values.ha.sameNode -}}
{{- fail "ha.sameNode without ha.enabled" -}}
{{- end -}}
{{- if and (not .Values.persistence.enabled) (not .Values.persistence.acceptLoss) -}}
{{- fail "persistence.enabled is false: say persistence.acceptLoss: true if a restart may forget every open Change and the audit log" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.service.enabled) -}}
{{- fail "serviceMonitor.enabled without service.enabled: there would be nothing to scrape" -}}
{{- end -}}
{{- if and .Values.shard (not (has .Values.shard (include "driftwarden.shards" . | fromJsonArray))) -}}
{{- fail (printf "shard %q isn't among config.shards" .Values.shard) -}}
{{- end -}}
{{- if and (contains "\"credential\":" (toJson .Values.config)) (not .Values.credentials.existingSecret) -}}
{{- fail "the config refers to a {credential: ...}, so credentials.existingSecret must name the Secret that holds it" -}}
{{- end -}}
{{- end -}}

{{- define "driftwarden.shards" -}}
{{- $names := list -}}
{{- range (default list .Values.config.shards) -}}{{- $names = append $names .name -}}{{- end -}}
{{- toJson $names -}}
{{- end -}}

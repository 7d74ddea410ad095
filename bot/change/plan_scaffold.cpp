// A new App without a pattern: what a platform team would ask of any Deployment.
#include "bot/change/plan_parts.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden::planning {
namespace {

constexpr std::string_view kDeployment = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: {name}
spec:
  replicas: 2
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {name}
          image: {image}
{ports}          resources:
            requests:
              cpu: 50m
              memory: 64Mi
            limits:
              memory: 256Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
)";

constexpr std::string_view kPorts = R"(          ports:
            - name: http
              containerPort: {port}
          readinessProbe:
            tcpSocket:
              port: http
            periodSeconds: 5
          livenessProbe:
            tcpSocket:
              port: http
            initialDelaySeconds: 15
            periodSeconds: 20
)";

constexpr std::string_view kService = R"(apiVersion: v1
kind: Service
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: {name}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
)";

std::string filled(std::string_view pattern, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string text(pattern);
  for (const auto& [key, value] : values) replace_all(text, key, value);
  return text;
}

std::string_view word_of(RenderKind kind) {
  switch (kind) {
    case RenderKind::Auto: return "auto";
    case RenderKind::Plain: return "plain";
    case RenderKind::Kustomize: return "kustomize";
    case RenderKind::Helm: return "helm";
    case RenderKind::Plugin: return "plugin";
  }
  return "auto";
}

std::string list_text(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& text : texts) quoted.push_back(json_quoted(text));
  return "[" + join(quoted, ", ") + "]";
}

}  // namespace

std::vector<FileEdit> scaffold_files(const Scaffold& scaffold, const std::string& path) {
  const auto ports = scaffold.port == 0 ? std::string() : filled(kPorts, {{"{port}", std::to_string(scaffold.port)}});
  std::vector<FileEdit> files;
  files.push_back({joined(path, "deployment.yaml"), filled(kDeployment, {{"{ports}", ports}, {"{name}", scaffold.name}, {"{image}", json_quoted(scaffold.image)}})});
  if (scaffold.port != 0) files.push_back({joined(path, "service.yaml"), filled(kService, {{"{name}", scaffold.name}})});
  return files;
}

std::string app_file_text(const App& app) {
  auto text = fmt::format("# An App that was made from chat. Written by Driftwarden; its owners may edit it.\nname: {}\npath: {}\nrender: {}\n", json_quoted(app.name), json_quoted(app.path), word_of(app.render));
  if (!app.helm.release.empty() || !app.helm.values.empty() || !app.helm.set.empty()) {
    text += "helm:\n";
    if (!app.helm.release.empty()) text += fmt::format("  release: {}\n", json_quoted(app.helm.release));
    if (!app.helm.values.empty()) text += fmt::format("  values: {}\n", list_text(app.helm.values));
    if (!app.helm.set.empty()) text += "  set:\n";
    for (const auto& [key, value] : app.helm.set) text += fmt::format("    {}: {}\n", json_quoted(key), json_quoted(value));
  }
  if (app.render == RenderKind::Plugin) text += fmt::format("plugin: {}\n", json_quoted(app.plugin.name));
  text += fmt::format("cluster: {}\nnamespace: {}\n", json_quoted(app.cluster), json_quoted(app.namespace_));
  if (!app.environment.empty()) text += fmt::format("environment: {}\n", json_quoted(app.environment));
  text += fmt::format("track: {}\n", app.track == Track::Pin ? "pin" : "head");
  if (!app.channel.empty()) text += fmt::format("channel: {}\n", json_quoted(app.channel));
  if (!app.owners.empty()) text += fmt::format("owners: {}\n", list_text(app.owners));
  return text;
}

}  // namespace driftwarden::planning

#include "integrations/sandbox/shop.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox {
namespace {

std::string deployment(const std::string& name, const std::string& image, int replicas, const std::string& extra_env = "") {
  return fmt::format(R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: {0}
  labels:
    app: {0}
spec:
  replicas: {2}
  selector:
    matchLabels:
      app: {0}
  template:
    metadata:
      labels:
        app: {0}
    spec:
      containers:
        - name: {0}
          image: {1}
          ports:
            - containerPort: 8080
              name: http
          env:
            - name: LOG_LEVEL
              value: info{3}
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
)",
                     name, image, replicas, extra_env);
}

std::string service(const std::string& name) {
  return fmt::format(R"(apiVersion: v1
kind: Service
metadata:
  name: {0}
  labels:
    app: {0}
spec:
  selector:
    app: {0}
  ports:
    - name: http
      port: 80
      targetPort: http
)",
                     name);
}

std::string checkout_config() {
  return R"(# What the checkout service reads at start. Changing it needs a restart.
apiVersion: v1
kind: ConfigMap
metadata:
  name: checkout
data:
  currency: EUR
  payment_timeout: "30s"
  feature_express: "off"   # quoted: a bare off would be a boolean
)";
}

std::string readme() {
  return R"(# acme/config

What runs in our clusters. `main` is the truth; Driftwarden watches that the clusters agree with it.

| App | path | cluster |
|---|---|---|
| checkout, cart, payments, storefront | apps/*/prod | prod-eu |
| checkout-staging, storefront-staging | apps/*/staging | staging |

New Apps are made from what stands in `.driftwarden/templates`: `create-app` in chat asks for the rest.
)";
}

std::string template_description() {
  return R"(title: Web service
description: A Deployment with probes and a Service, as the shop's others
path: apps/{{name}}/prod
namespace: shop
cluster: prod-eu
channel: "#shop-prod"
parameters:
  - name: image
    title: Image
    hint: With its tag, from registry.acme.example/shop
    pattern: 'registry\.acme\.example/shop/[a-z0-9-]+:[\w.-]+'
    required: true
  - name: port
    title: Port
    default: "8080"
  - name: replicas
    title: Replicas
    default: "2"
    pattern: "[1-9]"
  - name: tier
    title: Tier
    choices: [frontend, backend]
    required: true
  - name: log_level
    title: Log level
    choices: [debug, info, warn]
    default: info
)";
}

std::string template_deployment() {
  return R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{name}}
  labels:
    app: {{name}}
    tier: {{tier}}
spec:
  replicas: {{replicas}}
  selector:
    matchLabels:
      app: {{name}}
  template:
    metadata:
      labels:
        app: {{name}}
        tier: {{tier}}
    spec:
      containers:
        - name: {{name}}
          image: {{image}}
          ports:
            - containerPort: {{port}}
              name: http
          env:
            - name: LOG_LEVEL
              value: "{{log_level}}"
          readinessProbe:
            tcpSocket:
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
)";
}

}  // namespace

const std::vector<ShopApp>& shop_apps() {
  static const std::vector<ShopApp> apps{
      {"checkout", "apps/checkout/prod", "prod-eu", "production", false},
      {"cart", "apps/cart/prod", "prod-eu", "production", false},
      {"payments", "apps/payments/prod", "prod-eu", "production", true},
      {"storefront", "apps/storefront/prod", "prod-eu", "production", false},
      {"checkout-staging", "apps/checkout/staging", "staging", "staging", false},
      {"storefront-staging", "apps/storefront/staging", "staging", "staging", false},
  };
  return apps;
}

std::string checkout_deployment(const std::string& version, int replicas) {
  return "# Owned by the shop team. Ask in #shop-prod before you scale it.\n" + deployment("checkout", "registry.acme.example/shop/checkout:" + version, replicas);
}

std::vector<std::pair<std::string, std::string>> shop_files() {
  const auto image = [](const std::string& name) { return "registry.acme.example/shop/" + name; };
  const std::string payments_env = "\n            - name: PROVIDER\n              value: adyen";
  return {
      {"README.md", readme()},
      {"apps/checkout/prod/deployment.yaml", checkout_deployment("1.4.0", 2)},
      {"apps/checkout/prod/service.yaml", service("checkout")},
      {"apps/checkout/prod/config.yaml", checkout_config()},
      {"apps/cart/prod/cart.yaml", deployment("cart", image("cart:2.1.0"), 2) + "---\n" + service("cart")},
      {"apps/payments/prod/payments.yaml", deployment("payments", image("payments:3.0.1"), 2, payments_env) + "---\n" + service("payments")},
      {"apps/storefront/prod/storefront.yaml", deployment("storefront", image("storefront:7.2.0"), 3) + "---\n" + service("storefront")},
      {"apps/checkout/staging/deployment.yaml", checkout_deployment("1.5.0-rc1", 1)},
      {"apps/checkout/staging/service.yaml", service("checkout")},
      {"apps/storefront/staging/storefront.yaml", deployment("storefront", image("storefront:7.3.0-rc2"), 1) + "---\n" + service("storefront")},
      {".driftwarden/templates/web-service/template.yaml", template_description()},
      {".driftwarden/templates/web-service/deployment.yaml", template_deployment()},
      {".driftwarden/templates/web-service/service.yaml", service("{{name}}")},
  };
}

std::vector<ShopCommit> shop_history() {
  return {
      {"bob", "apps/checkout/prod/deployment.yaml", checkout_deployment("1.4.1", 2), "checkout: 1.4.1, fixes rounding of discounts"},
      {"carol", "apps/cart/prod/cart.yaml", deployment("cart", "registry.acme.example/shop/cart:2.1.1", 2) + "---\n" + service("cart"), "cart: 2.1.1"},
      {"alice", "apps/checkout/prod/deployment.yaml", checkout_deployment("1.4.2", 2), "checkout: 1.4.2, express payment behind a flag"},
  };
}

std::vector<std::pair<std::string, std::vector<std::string>>> shop_images() {
  return {
      {"shop/checkout", {"1.3.9", "1.4.0", "1.4.1", "1.4.2", "1.5.0-rc1", "1.5.0", "1.5.1", "1.6.0", "latest"}},
      {"shop/cart", {"2.0.4", "2.1.0", "2.1.1", "2.2.0"}},
      {"shop/payments", {"3.0.0", "3.0.1", "3.1.0-rc1"}},
      {"shop/storefront", {"7.1.3", "7.2.0", "7.3.0-rc1", "7.3.0-rc2", "7.3.0"}},
      {"shop/search", {"0.1.0", "0.2.0"}},
  };
}

}  // namespace driftwarden::sandbox

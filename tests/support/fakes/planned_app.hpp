#pragma once
#include "gitops/model/app.hpp"

namespace driftwarden::test {

/// "network", which Terraform plans and may apply.
inline App planned_app() {
  App app;
  app.name = "network";
  app.repository = "config";
  app.path = "live/network";
  app.environment = "prod";
  app.channel = "#shop-prod";
  app.kind = AppKind::Terraform;
  app.plan.apply = true;
  return app;
}

}  // namespace driftwarden::test

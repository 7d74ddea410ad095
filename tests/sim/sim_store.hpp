#pragma once
// The real store on the simulated disk: it dies between its commits, its disk is full for a moment, and mutants alter what it is told. Notes what was durable.
#include "storage/store.hpp"
#include "tests/sim/ground.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sim {

/// What was committed, as an outsider keeps it: it must be there after every death.
struct Durable {
  std::map<std::int64_t, AuditRow> audit;  ///< by seq
};

class SimStore final : public storage::Store {
 public:
  SimStore(Ground& ground, std::unique_ptr<storage::Store> inner, Durable& durable) : ground_(ground), inner_(std::move(inner)), durable_(durable) {}

  /// An audit row is durable now.
  std::function<void(const AuditRow&)> on_audit;
  /// It is durable that this Change is being merged from now on.
  std::function<void(std::int64_t change)> on_claim;
  std::function<bool()> power_is_off;
  storage::Store& inner() { return *inner_; }

  Result<void> transact(const std::function<Result<void>(storage::Transaction&)>& work) override;
  std::string damage() const override { return inner_->damage(); }
  Result<std::string> instance() override { return inner_->instance(); }
  Result<storage::AuditMark> audit_head() override { return inner_->audit_head(); }
  Result<std::vector<storage::AuditFault>> verify_audit() override { return inner_->verify_audit(); }
  Result<std::vector<storage::AuditSeal>> audit_seals() override { return inner_->audit_seals(); }
  Result<std::vector<storage::AuditFault>> verify_archives(const std::string& directory, const std::function<void(const AuditRow&)>& each) override {
    return inner_->verify_archives(directory, each);
  }
  Result<storage::SealReport> seal_audit(WallTime before, const std::string& directory) override { return inner_->seal_audit(before, directory); }
  Result<std::size_t> prune(Duration age) override { return inner_->prune(age); }
  Result<std::size_t> forget(Duration age) override { return inner_->forget(age); }
  Result<void> backup(const std::string& to) override { return inner_->backup(to); }

 private:
  Ground& ground_;
  std::unique_ptr<storage::Store> inner_;
  Durable& durable_;
};

}  // namespace driftwarden::sim

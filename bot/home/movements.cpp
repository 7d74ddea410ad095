#include "bot/home/movements.hpp"

#include "storage/passing_transaction.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace driftwarden {
namespace {

class HeardTransaction final : public storage::PassingTransaction {
 public:
  using PassingTransaction::PassingTransaction;
  bool moved() const { return moved_; }

  Result<Incident> add_incident(Incident incident) override {
    moved_ = true;
    return inner_.add_incident(std::move(incident));
  }
  Result<void> save_incident(const Incident& incident) override {
    moved_ = true;
    return inner_.save_incident(incident);
  }
  Result<Change> add_change(Change change) override {
    moved_ = true;
    return inner_.add_change(std::move(change));
  }
  Result<void> save_change(const Change& change) override {
    moved_ = true;
    return inner_.save_change(change);
  }
  Result<Delegation> add_delegation(Delegation delegation) override {
    moved_ = true;
    return inner_.add_delegation(std::move(delegation));
  }
  Result<void> save_delegation(const Delegation& delegation) override {
    moved_ = true;
    return inner_.save_delegation(delegation);
  }

 private:
  bool moved_ = false;
};

}  // namespace

Result<void> Movements::around(storage::Transaction& tx, const AsyncStore::Work& work) {
  HeardTransaction heard(tx);
  auto done = work(heard);
  if (!done || !heard.moved() || under_way_.exchange(true)) return done;
  asio::post(home_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tell();
  });
  return done;
}

void Movements::tell() {
  // What is written from now on is told anew.
  under_way_ = false;
  if (told_) told_();
}

}  // namespace driftwarden

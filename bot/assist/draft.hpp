#pragma once
// From a sentence to the question for a model, and from the model's answer to steps. Pure. What comes back is data: one JSON object of a fixed form, bounded;
// everything else is refused with words. Whether a step may be done at all is for others to say (bot/change/plan_propose.cpp).
#include "bot/command/intents.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/llm/llm.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden {

/// A file of the App below its path.
struct DraftFile {
  std::string path;
  std::string text;  ///< without what may be secret; "" = only its name is told
};

/// What a model is told. Everything but the sentence was written by others, for others.
struct DraftMaterial {
  std::string sentence;
  std::string app;
  std::string cluster;
  std::string namespace_;
  std::string made_by;            ///< "plain files", "kustomize", "a Helm chart", "a plugin"
  std::vector<Manifest> objects;  ///< as rendered; secrets are taken away here
  std::vector<DraftFile> files;
  std::size_t most_bytes = 48U << 10U;  ///< of the whole prompt; what matters least is left out first, and named
};

llm::Prompt draft_prompt(const DraftMaterial& material);
/// Asked once more: with what the model answered, and why that was refused.
llm::Prompt redraft_prompt(llm::Prompt asked, const std::string& answer, const std::string& refusal);

struct Draft {
  std::vector<DraftStep> steps;  ///< none: the model says that it can't, in `summary`
  std::string summary;           ///< one line without links, mentions and marks
};
/// InvalidInput with what is wrong, for the model and for people. `cut`: the answer has no end.
Result<Draft> read_draft(const std::string& answer, bool cut = false);

/// A model's name as it may stand in a commit and on a card.
std::string model_name(const std::string& told);

}  // namespace driftwarden

/// Questions to a person on a terminal, each answer judged at once, so that a slip costs one line and not all that was said.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/verbs/context.hpp"

namespace understudy::app {

/// What is wrong with an answer, as a sentence; nullopt: nothing.
using Judge = std::optional<std::string>(const std::string& answer);

struct Question {
  std::string_view text;
  std::string proposal;    ///< what an empty answer stands for
  Judge* judge = nullptr;  ///< nullptr: anything will do
};

/// Fills `word` where it was not given: asked a few times where there is a person, else the proposal. Left empty where the
/// input ends; with the last answer where none of them was right: who uses it will say why.
void complete(Context& context, std::string& word, const Question& question);

/// Whether a person at a terminal says yes; anything else, and nobody, says no.
bool says_yes(Context& context, std::string_view question);

Judge judge_role, judge_domain, judge_next_hop, judge_next_hop_or_none, judge_address, judge_network;

}  // namespace understudy::app

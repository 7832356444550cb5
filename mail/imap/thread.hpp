/// THREAD: messages as conversations, by ORDEREDSUBJECT and REFERENCES (RFC 5256 §3), and the form in which the answer is
/// written (§4). Pure: takes what is known of the messages. Never recursive; n log n for n messages with all their references,
/// also where somebody chose the ids, loops and chains.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::imap {

/// ORDEREDSUBJECT, REFERENCES in any case.
enum class ThreadAlgorithm : std::uint8_t { ordered_subject, references };
std::optional<ThreadAlgorithm> parse_thread_algorithm(std::string_view name);

/// One message. Views need to live during the call only.
struct ThreadInput {
  std::uint32_t number = 0;          ///< what comes back: a sequence number or a UID; not 0
  std::chrono::sys_seconds sent{};   ///< of the Date field in UTC, else the arrival (§2.2)
  std::string_view base_subject;     ///< base_subject(...).text, folded by mime::fold()
  bool is_reply_or_forward = false;  ///< by base_subject()
  std::string_view message_id;       ///< without angle brackets; empty: none
  /// The ids of References in order, else the first of In-Reply-To, else none; without angle brackets; empty ones are passed
  /// over. At most max_references count, the last ones: they are the nearest. The caller bounds what it keeps.
  std::span<const std::string_view> references;
};

constexpr std::size_t max_references = 1'000;

struct ThreadNode {
  static constexpr std::uint32_t none = 0xffffffff;
  std::uint32_t number = 0;  ///< 0: a dummy, a message that is not here; it has at least two children and stands on top only
  std::uint32_t first_child = none;  ///< an index into Threads::nodes
  std::uint32_t next_sibling = none;
  bool operator==(const ThreadNode&) const = default;
};

struct Threads {
  std::vector<ThreadNode> nodes;                ///< each in the tree once; in no order that means anything
  std::uint32_t first_root = ThreadNode::none;  ///< the threads are it and its siblings
};

/// `messages` stand in the order of their sequence numbers, which decides between equal dates and equal ids. At most 2^31 ids.
Threads thread(ThreadAlgorithm algorithm, std::span<const ThreadInput> messages);
Threads thread_by_subject(std::span<const ThreadInput> messages);
Threads thread_by_references(std::span<const ThreadInput> messages);

/// "(2)(3 6 (4 23)(44 7 96))"; a dummy is a list without a number: "((3)(5))". Empty without messages.
std::string wire_form(const Threads& threads);

}  // namespace understudy::mail::imap

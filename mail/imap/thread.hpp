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

/// An id or a base subject for comparing, part of its digest, and so the same everywhere; 0: none. Two texts with one number
/// are taken for the same. By chance that happens to none of 10^8 texts; who makes it happen could as well have written the id
/// that his own is taken for.
using ThreadId = std::uint64_t;
/// `text`: an id without angle brackets, or a base subject folded by mime::fold(). 0 for an empty one alone.
ThreadId thread_id(std::string_view text);

/// One message. `references` needs to live during the call only.
struct ThreadInput {
  std::uint32_t number = 0;         ///< what comes back: a sequence number or a UID; not 0
  std::chrono::sys_seconds sent{};  ///< of the Date field in UTC, else the arrival (§2.2)
  ThreadId base_subject = 0;
  bool is_reply_or_forward = false;  ///< by base_subject()
  ThreadId message_id = 0;
  /// The ids of References in order, else the first of In-Reply-To, else none; 0 is passed over. At most max_references count,
  /// the last ones: they are the nearest. The caller bounds what it keeps.
  std::span<const ThreadId> references;
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

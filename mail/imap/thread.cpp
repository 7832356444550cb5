// What both algorithms share, and ORDEREDSUBJECT, which is a sort. REFERENCES is in thread_references.cpp.
#include "mail/imap/thread.hpp"

#include <algorithm>
#include <numeric>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

namespace understudy::mail::imap {

std::optional<ThreadAlgorithm> parse_thread_algorithm(std::string_view name) {
  if (base::iequals(name, "ORDEREDSUBJECT")) return ThreadAlgorithm::ordered_subject;
  if (base::iequals(name, "REFERENCES")) return ThreadAlgorithm::references;
  return std::nullopt;
}

ThreadId thread_id(std::string_view text) {
  if (text.empty()) return 0;
  const auto digest = base::sha256(text);
  const auto id = base::Reader(base::view(digest)).u64();
  return id == 0 ? 1 : id;
}

Threads thread(ThreadAlgorithm algorithm, std::span<const ThreadInput> messages) {
  return algorithm == ThreadAlgorithm::references ? thread_by_references(messages) : thread_by_subject(messages);
}

Threads thread_by_subject(std::span<const ThreadInput> messages) {
  std::vector<std::uint32_t> order(messages.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) {
    return messages[a].sent != messages[b].sent ? messages[a].sent < messages[b].sent : a < b;
  };
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    const auto left = messages[a].base_subject, right = messages[b].base_subject;
    return left != right ? left < right : earlier(a, b);
  });

  Threads threads;  // a node has the index of its message
  for (const ThreadInput& message : messages) threads.nodes.push_back({.number = message.number});
  std::vector<std::uint32_t> roots;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool first = i == 0 || messages[order[i]].base_subject != messages[order[i - 1]].base_subject;
    if (first) {
      roots.push_back(order[i]);
    } else if (order[i - 1] == roots.back()) {
      threads.nodes[roots.back()].first_child = order[i];
    } else {
      threads.nodes[order[i - 1]].next_sibling = order[i];
    }
  }
  std::ranges::sort(roots, earlier);
  for (auto it = roots.rbegin(); it != roots.rend(); ++it) {
    threads.nodes[*it].next_sibling = threads.first_root;
    threads.first_root = *it;
  }
  return threads;
}

std::string wire_form(const Threads& threads) {
  constexpr auto none = ThreadNode::none;
  constexpr auto close = none;  // on the stack: a list ends here
  const auto& nodes = threads.nodes;
  std::string out;
  std::vector<std::uint32_t> todo;  // lists that are still to be written, the next one on top
  if (threads.first_root != none) todo.push_back(threads.first_root);
  while (!todo.empty()) {
    auto at = todo.back();
    todo.pop_back();
    if (at == close) {
      out.push_back(')');
      continue;
    }
    if (nodes[at].next_sibling != none) todo.push_back(nodes[at].next_sibling);
    out.push_back('(');
    if (nodes[at].number != 0) out += std::to_string(nodes[at].number);
    auto child = nodes[at].first_child;
    while (child != none && nodes[child].next_sibling == none) {  // an only child stands in the same list
      out.append(" ").append(std::to_string(nodes[child].number));
      at = child;
      child = nodes[at].first_child;
    }
    if (child == none) {
      out.push_back(')');
      continue;
    }
    if (nodes[at].number != 0) out.push_back(' ');
    todo.push_back(close);
    todo.push_back(child);
  }
  return out;
}

}  // namespace understudy::mail::imap

// THREAD=REFERENCES, RFC 5256 §3; the steps have the numbers that they have there. A container is a message or an id that
// messages refer to; links are indices, so that no chain is walked by recursion.
#include <algorithm>
#include <utility>

#include "mail/imap/intern.hpp"
#include "mail/imap/link_cut_forest.hpp"
#include "mail/imap/thread.hpp"

namespace understudy::mail::imap {
namespace {

constexpr auto none = ThreadNode::none;

std::span<const ThreadId> counted(const ThreadInput& message) {
  const auto all = message.references;
  return all.size() > max_references ? all.last(max_references) : all;
}

/// Which containers the messages and their references are.
struct Containers {
  std::uint32_t count = 0;
  std::vector<std::uint32_t> own;       ///< of each message
  std::vector<std::uint32_t> referred;  ///< of all references, message after message
  std::vector<std::uint32_t> ends;      ///< of each message's in `referred`
  std::vector<std::uint32_t> message;   ///< of each container; none: a dummy
};

/// The first message of an id has it; others of the same id, and those without one, have containers of their own.
Containers find_containers(std::span<const ThreadInput> messages) {
  std::vector<ThreadId> ids;
  Containers out;
  for (const ThreadInput& message : messages) {
    for (const auto id : counted(message))
      if (id != 0) ids.push_back(id);
    out.ends.push_back(static_cast<std::uint32_t>(ids.size()));
  }
  const auto references = ids.size();
  for (const ThreadInput& message : messages) ids.push_back(message.message_id);
  const Interned interned = intern(ids);
  out.count = interned.count;
  out.message.assign(interned.count, none);
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    auto container = interned.numbers[references + i];
    if (messages[i].message_id == 0 || out.message[container] != none) {
      container = out.count++;
      out.message.push_back(none);
    }
    out.message[container] = i;
    out.own.push_back(container);
  }
  out.referred.assign(interned.numbers.begin(), interned.numbers.begin() + static_cast<std::ptrdiff_t>(references));
  return out;
}

/// Step 1: parents by references.
class Linker {
 public:
  explicit Linker(std::uint32_t containers) : forest_(containers), parent_(containers, none), children_(containers, 0) {}

  /// A: only what has no parent gets one.
  void link_if_free(std::uint32_t child, std::uint32_t parent) {
    if (parent_[child] == none) link(child, parent);
  }
  /// B: the message's own reference counts more than what others made of theirs.
  void relink(std::uint32_t child, std::uint32_t parent) {
    if (parent_[child] == parent) return;
    if (parent_[child] != none) {
      forest_.cut(child);
      --children_[parent_[child]];
      parent_[child] = none;
    }
    if (parent != none) link(child, parent);
  }
  std::vector<std::uint32_t> take() { return std::move(parent_); }

 private:
  void link(std::uint32_t child, std::uint32_t parent) {
    if (child == parent || (children_[child] > 0 && forest_.root(parent) == child)) return;  // a loop
    forest_.link(child, parent);
    parent_[child] = parent;
    ++children_[parent];
  }

  LinkCutForest forest_;
  std::vector<std::uint32_t> parent_;
  std::vector<std::uint32_t> children_;
};

std::vector<std::uint32_t> link_all(const Containers& containers) {
  Linker linker(containers.count);
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < containers.own.size(); ++i) {
    std::uint32_t last = none;
    for (; at < containers.ends[i]; ++at) {
      const auto reference = containers.referred[at];
      if (last != none) linker.link_if_free(reference, last);
      last = reference;
    }
    linker.relink(containers.own[i], last);
  }
  return linker.take();
}

/// Siblings, chained; appending one list to another takes no time.
struct List {
  std::uint32_t head = none;
  std::uint32_t tail = none;
};

class Tree {
 public:
  Tree(std::span<const ThreadInput> messages, Containers containers) : messages_(messages) {
    message_ = std::move(containers.message);
    next_.assign(message_.size(), none);
    children_.resize(message_.size());
  }

  void prune(const std::vector<std::uint32_t>& parent);  // steps 2 and 3
  void gather_subjects();                                // steps 4 and 5
  Threads finish();                                      // step 6

 private:
  bool is_dummy(std::uint32_t container) const { return message_[container] == none; }
  /// The message that a thread is known by: of a dummy its first child.
  std::uint32_t leader(std::uint32_t container) const { return is_dummy(container) ? leader_[container] : message_[container]; }
  bool earlier(std::uint32_t a, std::uint32_t b) const {
    const auto& left = messages_[leader(a)];
    const auto& right = messages_[leader(b)];
    return left.sent != right.sent ? left.sent < right.sent : leader(a) < leader(b);
  }
  bool is_reply(std::uint32_t container) const {
    return !is_dummy(container) && messages_[message_[container]].is_reply_or_forward;
  }
  void append(List& list, std::uint32_t container);
  void append(List& list, List more);
  void sort_children(std::uint32_t container);
  void populate(std::uint32_t& slot, std::uint32_t root) const;
  bool merge(std::uint32_t& slot, std::uint32_t root, std::vector<std::uint32_t>& added);
  std::uint32_t add_dummy(std::uint32_t first, std::uint32_t second);
  std::vector<std::uint32_t> by_date(std::vector<std::uint32_t> containers) const;

  std::span<const ThreadInput> messages_;
  std::vector<std::uint32_t> message_;
  std::vector<std::uint32_t> next_;
  std::vector<List> children_;
  std::vector<std::uint32_t> leader_;  // of dummies on top
  std::vector<std::uint32_t> roots_;
};

void Tree::append(List& list, std::uint32_t container) {
  next_[container] = none;
  append(list, {container, container});
}

void Tree::append(List& list, List more) {
  if (more.head == none) return;
  if (list.head == none) {
    list = more;
  } else {
    next_[list.tail] = more.head;
    list.tail = more.tail;
  }
}

/// All containers, each before its children.
std::vector<std::uint32_t> parents_first(const std::vector<std::uint32_t>& parent) {
  std::vector<std::uint32_t> first(parent.size(), none);
  std::vector<std::uint32_t> next(parent.size(), none);
  std::vector<std::uint32_t> order;
  order.reserve(parent.size());
  for (std::uint32_t i = 0; i < parent.size(); ++i) {
    if (parent[i] == none) {
      order.push_back(i);
    } else {
      next[i] = first[parent[i]];
      first[parent[i]] = i;
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (auto child = first[order[i]]; child != none; child = next[child]) order.push_back(child);
  return order;
}

void Tree::prune(const std::vector<std::uint32_t>& parent) {
  const auto order = parents_first(parent);
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const auto at = *it;
    const List below = children_[at];
    const bool top = parent[at] == none;
    if (is_dummy(at) && (!top || below.head == below.tail)) {  // its children, if any, take its place
      children_[at] = {};
      if (top && below.head != none) roots_.push_back(below.head);
      if (!top) append(children_[parent[at]], below);
    } else if (top) {
      roots_.push_back(at);
    } else {
      append(children_[parent[at]], at);
    }
  }
  leader_.assign(message_.size(), none);
  for (const auto root : roots_) {
    if (!is_dummy(root)) continue;
    sort_children(root);
    leader_[root] = message_[children_[root].head];
  }
}

std::vector<std::uint32_t> Tree::by_date(std::vector<std::uint32_t> containers) const {
  std::ranges::sort(containers, [this](std::uint32_t a, std::uint32_t b) { return earlier(a, b); });
  return containers;
}

void Tree::sort_children(std::uint32_t container) {
  List& list = children_[container];
  if (list.head == list.tail) return;
  std::vector<std::uint32_t> siblings;
  for (auto at = list.head; at != none; at = next_[at]) siblings.push_back(at);
  list = {};
  for (const auto child : by_date(std::move(siblings))) append(list, child);
}

/// Step 5 B: who stands for the subject.
void Tree::populate(std::uint32_t& slot, std::uint32_t root) const {
  const bool better = slot == none || (!is_dummy(slot) && (is_dummy(root) || (is_reply(slot) && !is_reply(root))));
  if (better) slot = root;
}

/// Step 5 C: whether the root went into another thread.
bool Tree::merge(std::uint32_t& slot, std::uint32_t root, std::vector<std::uint32_t>& added) {
  if (slot == root) return false;
  if (is_dummy(slot) && is_dummy(root)) {
    append(children_[slot], std::exchange(children_[root], {}));
  } else if (is_dummy(slot) || (is_reply(root) && !is_reply(slot))) {
    append(children_[slot], root);
  } else {
    const auto dummy = add_dummy(slot, root);
    added.push_back(dummy);
    slot = dummy;
  }
  return true;
}

std::uint32_t Tree::add_dummy(std::uint32_t first, std::uint32_t second) {
  const auto dummy = static_cast<std::uint32_t>(message_.size());
  message_.push_back(none);
  next_.push_back(none);
  leader_.push_back(none);
  List below;
  append(below, first);
  append(below, second);
  children_.push_back(below);
  return dummy;
}

void Tree::gather_subjects() {
  roots_ = by_date(std::move(roots_));
  std::vector<ThreadId> subjects;
  for (const auto root : roots_) subjects.push_back(messages_[leader(root)].base_subject);
  const Interned interned = intern(subjects);
  std::vector<std::uint32_t> table(interned.count, none);
  for (std::size_t i = 0; i < roots_.size(); ++i)
    if (subjects[i] != 0) populate(table[interned.numbers[i]], roots_[i]);

  std::vector<std::uint32_t> kept;
  std::vector<std::uint32_t> added;
  std::vector<bool> below(message_.size(), false);  // of a dummy that was added
  for (std::size_t i = 0; i < roots_.size(); ++i) {
    auto& slot = table[interned.numbers[i]];
    const auto before = slot;
    if (subjects[i] == 0 || !merge(slot, roots_[i], added)) {
      kept.push_back(roots_[i]);
    } else if (slot != before) {
      below[before] = true;
    }
  }
  std::erase_if(kept, [&](std::uint32_t root) { return below[root]; });
  kept.insert(kept.end(), added.begin(), added.end());
  roots_ = std::move(kept);
}

Threads Tree::finish() {
  for (std::uint32_t i = 0; i < message_.size(); ++i) sort_children(i);
  for (const auto root : roots_)
    if (is_dummy(root)) leader_[root] = message_[children_[root].head];
  roots_ = by_date(std::move(roots_));
  List top;
  for (const auto root : roots_) append(top, root);

  std::vector<std::uint32_t> index(message_.size(), none);
  std::vector<std::uint32_t> order;
  for (auto root = top.head; root != none; root = next_[root]) order.push_back(root);
  for (std::size_t i = 0; i < order.size(); ++i) {
    index[order[i]] = static_cast<std::uint32_t>(i);
    for (auto child = children_[order[i]].head; child != none; child = next_[child]) order.push_back(child);
  }
  const auto index_of = [&](std::uint32_t container) { return container == none ? none : index[container]; };
  Threads out;
  for (const auto at : order)
    out.nodes.push_back({.number = is_dummy(at) ? 0 : messages_[message_[at]].number,
                         .first_child = index_of(children_[at].head),
                         .next_sibling = index_of(next_[at])});
  out.first_root = index_of(top.head);
  return out;
}

}  // namespace

Threads thread_by_references(std::span<const ThreadInput> messages) {
  auto containers = find_containers(messages);
  const auto parent = link_all(containers);
  Tree tree(messages, std::move(containers));
  tree.prune(parent);
  tree.gather_subjects();
  return tree.finish();
}

}  // namespace understudy::mail::imap

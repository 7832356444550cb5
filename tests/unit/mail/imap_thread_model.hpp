/// THREAD=REFERENCES as RFC 5256 §3 tells it, step by step, with recursion and look-ups in maps: slow, to compare with.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "mail/imap/thread.hpp"

namespace understudy::test {

class ThreadModel {
 public:
  explicit ThreadModel(const std::vector<mail::imap::ThreadInput>& messages) : messages_(messages) {}

  std::string run() {
    link();
    std::vector<Node*> roots;
    for (auto& node : nodes_)
      if (!node->parent) roots.push_back(node.get());
    prune(roots, true);
    sort(roots);
    gather(roots);
    sort(roots);
    std::string out;
    for (const Node* root : roots) out += "(" + written(*root) + ")";
    return out;
  }

 private:
  struct Node {
    const mail::imap::ThreadInput* message = nullptr;
    Node* parent = nullptr;
    std::vector<Node*> children;
  };

  Node* make() { return nodes_.emplace_back(std::make_unique<Node>()).get(); }
  static bool is_above(const Node* a, const Node* b) {
    for (; b; b = b->parent)
      if (a == b) return true;
    return false;
  }
  static void adopt(Node* parent, Node* child) {
    if (is_above(child, parent)) return;
    child->parent = parent;
    parent->children.push_back(child);
  }
  void link() {
    std::map<mail::imap::ThreadId, Node*> by_id;
    std::vector<Node*> own;
    for (const auto& m : messages_) {
      Node*& known = by_id[m.message_id];
      Node* node = m.message_id == 0 || known ? make() : (known = make());
      node->message = &m;
      own.push_back(node);
    }
    by_id.erase(0);
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      Node* last = nullptr;
      for (const auto id : messages_[i].references) {
        if (id == 0) continue;
        Node*& node = by_id[id];
        if (!node) node = make();
        if (last && !node->parent) adopt(last, node);
        last = node;
      }
      if (Node* parent = own[i]->parent) {
        std::erase(parent->children, own[i]);
        own[i]->parent = nullptr;
      }
      if (last) adopt(last, own[i]);
    }
  }
  static void prune(std::vector<Node*>& level, bool top) {
    std::vector<Node*> kept;
    for (Node* node : level) {
      prune(node->children, false);
      if (node->message || (top && node->children.size() > 1)) {
        kept.push_back(node);
      } else {
        kept.insert(kept.end(), node->children.begin(), node->children.end());
      }
    }
    level = kept;
  }
  static const mail::imap::ThreadInput& leader(const Node& node) {
    return node.message ? *node.message : leader(*node.children.front());
  }
  static void sort(std::vector<Node*>& level) {
    for (Node* node : level) sort(node->children);
    std::ranges::sort(level, [](const Node* a, const Node* b) {
      const auto& x = leader(*a);
      const auto& y = leader(*b);
      return x.sent != y.sent ? x.sent < y.sent : &x < &y;
    });
  }
  static bool is_reply(const Node* node) { return node->message && node->message->is_reply_or_forward; }
  void gather(std::vector<Node*>& roots) {
    std::map<mail::imap::ThreadId, Node*> table;
    std::map<Node*, mail::imap::ThreadId> subjects;
    for (Node* root : roots) {
      const auto subject = subjects[root] = leader(*root).base_subject;
      if (subject == 0) continue;
      Node*& slot = table[subject];
      if (!slot || (slot->message && (!root->message || (is_reply(slot) && !is_reply(root))))) slot = root;
    }
    const auto before = roots;
    for (Node* root : before) {
      if (subjects[root] == 0) continue;
      Node*& slot = table[subjects[root]];
      if (slot == root) continue;
      std::erase(roots, root);
      if (!slot->message && !root->message) {
        slot->children.insert(slot->children.end(), root->children.begin(), root->children.end());
      } else if (!slot->message || (is_reply(root) && !is_reply(slot))) {
        slot->children.push_back(root);
      } else {
        Node* dummy = make();
        dummy->children = {slot, root};
        std::erase(roots, slot);
        roots.push_back(dummy);
        slot = dummy;
      }
    }
  }
  static std::string written(const Node& node) {
    std::string out = node.message ? std::to_string(node.message->number) : "";
    if (node.children.empty()) return out;
    if (!out.empty()) out += " ";
    if (node.children.size() == 1) return out + written(*node.children.front());
    for (const Node* child : node.children) out += "(" + written(*child) + ")";
    return out;
  }

  const std::vector<mail::imap::ThreadInput>& messages_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace understudy::test

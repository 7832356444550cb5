/// Base subjects leave nothing behind that they would remove, folding is final and by characters, and threads hold each message
/// once, whatever the ids, references and dates are.
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "fuzz_check.hpp"
#include "mail/imap/base_subject.hpp"
#include "mail/imap/sort.hpp"
#include "mail/imap/thread.hpp"
#include "mail/mime/fold.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::imap;
using tests::must;

namespace {

void check_subject(std::string_view text) {
  const auto once = base_subject(text);
  must(once.text.size() <= text.size());
  must(base_subject(once.text).text == once.text);
  const auto folded = mime::fold(text);
  must(mime::fold(folded) == folded && folded.size() <= text.size() * mime::max_fold_growth);
  const auto whole = mime::whole_characters(text.substr(0, text.size() / 2));
  must(mime::fold(text.substr(0, whole)) + mime::fold(text.substr(whole)) == folded);
}

/// Each line a message: its id, its references, its subject, by one octet each; the first octet is the date.
std::vector<ThreadInput> messages(std::string_view text, std::vector<std::vector<ThreadId>>& references) {
  const auto lines = base::split(text, '\n');
  std::vector<ThreadInput> out(lines.size());
  references.resize(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = lines[i];
    out[i].number = static_cast<std::uint32_t>(i + 1);
    if (line.empty()) continue;
    out[i].sent = std::chrono::sys_seconds(std::chrono::seconds(line[0] & 3));
    out[i].is_reply_or_forward = (line[0] & 4) != 0;
    out[i].message_id = thread_id(line.substr(1, 1));
    out[i].base_subject = thread_id(line.substr(std::min<std::size_t>(2, line.size()), (line[0] & 8) != 0 ? 1 : 0));
    for (std::size_t at = 3; at < line.size(); ++at) references[i].push_back(thread_id(line.substr(at, 1)));
    out[i].references = references[i];
  }
  return out;
}

void check_threads(const Threads& threads, std::size_t count) {
  std::vector<bool> seen(count + 1, false);
  std::vector<std::uint32_t> todo;
  std::size_t found = 0;
  std::size_t visited = 0;
  if (threads.first_root != ThreadNode::none) todo.push_back(threads.first_root);
  while (!todo.empty()) {
    const ThreadNode& node = threads.nodes.at(todo.back());
    todo.pop_back();
    must(++visited <= threads.nodes.size() && node.number <= count);
    if (node.number != 0) {
      must(!seen[node.number]);
      seen[node.number] = true;
      ++found;
    } else {
      must(node.first_child != ThreadNode::none && threads.nodes.at(node.first_child).next_sibling != ThreadNode::none);
    }
    for (const auto next : {node.first_child, node.next_sibling})
      if (next != ThreadNode::none) todo.push_back(next);
  }
  must(found == count && visited == threads.nodes.size());
  must(wire_form(threads).empty() == (count == 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_subject(text);
  std::vector<std::vector<ThreadId>> references;
  const auto inputs = messages(text, references);
  check_threads(thread_by_references(inputs), inputs.size());
  check_threads(thread_by_subject(inputs), inputs.size());
  std::vector<SortInput> sorted;
  for (const auto line : base::split(text, '\n'))
    sorted.push_back({.number = static_cast<std::uint32_t>(sorted.size() + 1), .subject = line, .from = line.substr(0, 1)});
  const std::vector<SortCriterion> criteria = {{SortField::subject, true}, {SortField::from}};
  must(sort(sorted, criteria).size() == inputs.size());
  return 0;
}

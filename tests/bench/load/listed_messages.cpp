#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "messages.hpp"

namespace understudy::bench {
namespace {

struct Listed {
  std::string reverse_path;
  std::vector<std::string> recipients;
  std::string octets;  // stuffed
};

/// RFC 5321 §4.5.2; and CRLF at the end, which the final dot needs.
std::string stuffed(std::string_view raw) {
  std::string text;
  text.reserve(raw.size() + 64);
  bool line_begins = true;
  for (const char octet : raw) {
    if (line_begins && octet == '.') text += '.';
    text += octet;
    line_begins = octet == '\n';
  }
  if (!line_begins) text += "\r\n";
  return text;
}

/// Columns: number, reverse-path, recipients with commas, size, path.
base::Result<Listed> read_one(std::string_view line) {
  const auto columns = base::split(line, '\t');
  if (columns.size() != 5) return base::fail(std::string(line), base::errc::malformed);
  std::ifstream file(std::string(columns[4]), std::ios::binary);
  if (!file) return base::fail(std::string(columns[4]), base::errc::not_found);
  Listed listed;
  listed.reverse_path = columns[1];
  for (const auto recipient : base::split(columns[2], ',')) listed.recipients.emplace_back(recipient);
  listed.octets = stuffed(std::string(std::istreambuf_iterator<char>(file), {}));
  return listed;
}

class ListedMessages : public Messages {
 public:
  ListedMessages(std::vector<Listed> list, std::string run) : list_(std::move(list)), run_(std::move(run)) {}

  Message message(std::uint64_t number) const override {
    const auto& listed = list_[number % list_.size()];
    Message made{listed.reverse_path, listed.recipients, {}, listed.octets};
    // The corpus is the same in every run. Without a line of this run's own an archive would know its messages again, and file
    // none.
    made.head = "X-Bench-Id: " + run_ + "." + std::to_string(number) + "\r\n";
    return made;
  }

 private:
  std::vector<Listed> list_;
  std::string run_;
};

}  // namespace

base::Result<std::unique_ptr<Messages>> listed_messages(const std::string& path, std::string run) {
  std::ifstream file(path);
  if (!file) return base::fail(path, base::errc::not_found);
  std::vector<Listed> list;
  for (std::string line; std::getline(file, line);) {
    auto listed = read_one(line);
    if (!listed) return base::fail("list", listed.error());
    list.push_back(std::move(*listed));
  }
  if (list.empty()) return base::fail(path, base::errc::malformed);
  return std::unique_ptr<Messages>(std::make_unique<ListedMessages>(std::move(list), std::move(run)));
}

}  // namespace understudy::bench

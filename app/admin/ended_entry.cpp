#include "app/admin/ended_entry.hpp"

#include <map>
#include <vector>

#include "app/admin/answers.hpp"
#include "archive/journal/ending.hpp"
#include "archive/journal/reader.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;

/// What ended by one entry.
struct Gone {
  bool common = false;
  std::vector<std::uint32_t> recipients;
};

std::map<std::uint64_t, Gone> gone_of(const journal::Sealed& sealed) {
  std::map<std::uint64_t, Gone> gone;
  if (const auto by = journal::ended_by(sealed.common)) gone[*by].common = true;
  for (std::uint32_t i = 0; i < sealed.parts.size(); ++i)
    if (const auto by = journal::ended_by(sealed.parts[i])) gone[*by].recipients.push_back(i);
  return gone;
}

}  // namespace

boost::json::array endings_of(const archive::store::Reader& reader, const journal::Sealed& sealed) {
  boost::json::array endings;
  for (const auto& [by, gone] : gone_of(sealed)) {
    const archive::Position position{sealed.position.partition, by};
    const auto told = journal::read(reader, position);
    boost::json::object ending;
    ending["by"] = position.text();
    ending["time"] = told ? boost::json::value(json_time(told->time)) : boost::json::value(nullptr);
    ending["reason"] = told ? json_text(told->endings.reason) : boost::json::string();
    ending["common"] = gone.common;
    boost::json::array recipients;
    for (const auto i : gone.recipients) recipients.emplace_back(i);
    ending["recipients"] = std::move(recipients);
    endings.emplace_back(std::move(ending));
  }
  return endings;
}

boost::json::object ended_row(const archive::store::Reader& reader, const journal::Sealed& sealed) {
  boost::json::object row;
  row["position"] = sealed.position.text();
  row["recipients"] = boost::json::array();
  for (std::size_t i = 0; i < sealed.parts.size(); ++i) row["recipients"].as_array().emplace_back("(ended)");
  row["plan"] = boost::json::array();
  row["marks"] = boost::json::array{"ended"};
  row["common_hash"] = json_digest(sealed.common.hash);
  boost::json::array hashes;
  for (const auto& part : sealed.parts) hashes.emplace_back(json_digest(part.hash));
  row["recipient_hashes"] = std::move(hashes);
  row["ended"] = endings_of(reader, sealed);
  return row;
}

std::string ended_sentence(const archive::store::Reader& reader, const journal::Sealed& sealed) {
  std::string sentence = "journal entry " + sealed.position.text() + " was ended";
  const auto by = journal::ended_by(sealed.common);
  if (!by) return sentence;
  const archive::Position position{sealed.position.partition, *by};
  sentence += " by entry " + position.text();
  if (const auto told = journal::read(reader, position))
    sentence += " at " + json_time(told->time) + " (" + base::escape(told->endings.reason, 300) + ")";
  return sentence + "; `journal prove " + position.text() + "` proves that";
}

}  // namespace understudy::app

#include "archive/check/custody.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "archive/check/entries.hpp"
#include "archive/check/signers.hpp"
#include "archive/check/walk.hpp"
#include "archive/commit/outgoing.hpp"
#include "archive/custody/ended_there.hpp"
#include "archive/custody/gaps.hpp"
#include "archive/custody/owed.hpp"
#include "archive/custody/received.hpp"
#include "archive/endings/traces.hpp"
#include "base/codec.hpp"

namespace understudy::archive::check {
namespace {

using custody::InstanceId;
using custody::KeptBatch;
using custody::Names;
using custody::Number;
using custody::Owed;
using custody::Received;
using store::Table;

constexpr std::size_t number_octets = 42, life_octets = 32;

bool among(const Names& names, const Names& others) {
  return custody::without(names, others).empty();
}

class CustodyCheck {
 public:
  CustodyCheck(const store::Reader& reader, std::uint16_t partition, Findings& findings, const GoOn& go_on)
      : reader_(reader), partition_(partition), findings_(findings), walk_(reader, go_on), entries_(reader) {}

  base::Result<> check() {
    other_ = other_machine(reader_);
    walk_.each(custody::shard_of(partition_), Table::custody_state, [this](auto key, auto value) { state(key, value); });
    for (const auto& gap : gaps_) {
      const auto heard = heard_.find({custody::life_of(gap), gap.partition});
      if (heard == heard_.end() || gap.number >= heard->second)
        fault("table custody_state: custody number " + std::to_string(gap.number) +
              " is called missing, and no marks of another machine lead to it");
    }
    walk_.each(custody::shard_of(partition_), Table::owed, [this](auto key, auto value) { owed(key, value); });
    end_of_life();
    for (const auto& [incarnation, marks] : marks_)
      if (!lives_.contains(incarnation) && marks.next > 1)
        fault("custody numbers of life " + text_of(incarnation) + ": " + std::to_string(marks.next - 1) +
              " were given, and none is there");
    walk_.each(custody::shard_of(partition_), Table::receipts, [this](auto key, auto value) { receipts(key, value); });
    walk_.each(custody::shard_of(partition_), Table::received, [this](auto key, auto value) { received(key, value); });
    if (walk_.stopped()) return base::fail("check of the store", base::errc::shutting_down);
    return {};
  }

 private:
  void fault(std::string what) { findings_.add(std::move(what)); }
  static std::string text_of(const InstanceId& id) { return base::to_hex(mail::smtp::view(id)); }
  static std::string text_of(const Number& number, Position position) {
    return "custody number " + std::to_string(number.number) + " (entry " + position.text() + "): ";
  }

  // --- marks, the index of what is open, gaps ---------------------------------------------------------------------------

  void state(std::string_view key, std::string_view value) {
    const std::string where = "table custody_state: record " + base::to_hex(key) + ": ";
    base::Reader name(key.size() == sizeof(InstanceId) ? key : key.substr(std::min<std::size_t>(1, key.size())));
    const char letter = key.empty() ? '\0' : key.front();
    if (key.size() == sizeof(InstanceId)) return marks(mail::smtp::instance_id_from(key), value, where);
    if (letter == 'o' && key.size() == 1 + sizeof(InstanceId) + 8) {
      const auto incarnation = mail::smtp::instance_id_from(name.raw(sizeof(InstanceId)));
      return open({{}, incarnation, partition_, name.u64()}, value, where);
    }
    if (letter == 'g' && key.size() == 1 + number_octets) return gap(custody::decode_number(name), value, where);
    if (letter == 'x' && key.size() == 1 + number_octets) return ended_there(custody::decode_number(name), value, where);
    if (letter == 'n' && key.size() == 1 + sizeof(InstanceId)) {
      if (value.size() != 1 + 8 || value.front() != '\1') fault(where + "is not a count of lives");
      return;
    }
    if (letter == 'm' && key.size() == 1 + life_octets + 2) return heard(name, value, where);
    if ((letter == 'r' || letter == 'e') && key.size() == 1 + life_octets) {
      if (value.size() != 1 + 8 || value.front() != '\1') fault(where + "is not a position");
      if (std::ranges::find(other_.lives, custody::Life::decode(name)) == other_.lives.end())
        fault(where + "is of a machine that is not known");
      return;
    }
    fault(where + "nothing is called so");
  }

  void marks(const InstanceId& incarnation, std::string_view value, const std::string& where) {
    base::Reader in(value);
    const bool known = in.u8() == 1;
    custody::Marks marks;
    marks.next = in.u64();
    marks.low = in.u64();
    if (!known || !in.ok() || !in.at_end() || marks.low == 0 || marks.low > marks.next) fault(where + "is not marks");
    marks_[incarnation] = marks;
  }

  void open(const Number& number, std::string_view value, const std::string& where) {
    if (value != std::string_view("\1")) fault(where + "is not the mark of a number");
    const auto owed = custody::find_owed(reader_, number);
    if (owed && (!*owed || (*owed)->final()))
      fault(where + "custody number " + std::to_string(number.number) + " is called open, and nobody is owed it");
  }

  void gap(const Number& number, std::string_view value, const std::string& where) {
    const auto gap = custody::Gap::decode(number, value);
    if (!gap || gap->encode() != value) return fault(where + "is not a gap");
    if (gap->standing > custody::Standing::ended) fault(where + "is not a gap");
    gaps_.push_back(number);
  }

  /// What the other machine signed in place of a receipt.
  void ended_there(const Number& number, std::string_view value, const std::string& where) {
    const auto said = custody::SignedEnded::decode(value);
    if (!said || said->ended.number != number) return fault(where + "is not understood");
    if (!signed_by_any(other_.keys, [&](const base::PublicKey& by) { return said->signed_by(by); }))
      return fault(where + "is not signed by any key that the other machine is known to have had");
    const auto owed = custody::find_owed(reader_, number);
    if (owed && !*owed) fault(where + "custody number " + std::to_string(number.number) + " was never given");
  }

  void heard(base::Reader& name, std::string_view value, const std::string& where) {
    const auto life = custody::Life::decode(name);
    base::Reader in(value);
    const bool known = in.u8() == 1;
    const auto next = in.u64();
    const auto low = in.u64();
    in.u64();
    const auto checked = in.u64();
    if (!known || !in.ok() || !in.at_end() || low == 0 || low > next || checked == 0)
      fault(where + "is not marks of another machine");
    heard_[{life, name.u16()}] = checked;
  }

  // --- what is owed -----------------------------------------------------------------------------------------------------

  void owed(std::string_view key, std::string_view value) {
    base::Reader name(key);
    const auto incarnation = mail::smtp::instance_id_from(name.raw(sizeof(InstanceId)));
    const Number number{{}, incarnation, partition_, name.u64()};
    if (!name.ok() || !name.at_end()) return fault("table owed: record " + base::to_hex(key) + ": nothing is called so");
    in_a_row(number);
    const auto read = Owed::decode(value);
    if (!read || !as_written(value, read->encode()))
      return fault("custody number " + std::to_string(number.number) + ": its record is not understood");
    if (auto wrong = wrong_in(number, *read); !wrong.empty()) fault(text_of(number, read->position) + wrong);
    if (!read->final()) opened(number, *read);
    if (read->state == Owed::State::kept) batches_of(number, *read);
  }

  void in_a_row(const Number& number) {
    if (life_ != number.incarnation) {
      end_of_life();
      life_ = number.incarnation;
      next_ = 1;
      lives_.insert(number.incarnation);
    }
    if (number.number > next_)
      fault("custody numbers " + std::to_string(next_) + " to " + std::to_string(number.number - 1) + " are missing");
    next_ = number.number + 1;
  }

  void end_of_life() {
    if (!life_) return;
    const auto marks = marks_.find(*life_);
    if (marks == marks_.end())
      fault("custody numbers of life " + text_of(*life_) + ": their marks are missing");
    else if (marks->second.next != next_)
      fault("custody numbers of life " + text_of(*life_) + ": " + std::to_string(marks->second.next - 1) +
            " were given, and the last one is " + std::to_string(next_ - 1));
  }

  void opened(const Number& number, const Owed& owed) {
    const auto marks = marks_.find(number.incarnation);
    if (marks != marks_.end() && number.number < marks->second.low)
      fault(text_of(number, owed.position) + "is owed, and the marks say that no number below " +
            std::to_string(marks->second.low) + " is");
    const auto open = reader_.get(custody::shard_of(partition_), Table::custody_state, custody::open_key(number));
    if (open && !*open) fault(text_of(number, owed.position) + "is owed, and not among the numbers that are open");
  }

  std::string wrong_in(const Number& number, const Owed& owed) {
    const auto& told = entries_.at(owed.position);
    if (told.state == Told::State::absent) return "the journal has no such entry";
    if (owed.state == Owed::State::ended)
      return told.state == Told::State::there ? "has forgotten a message that the journal still has" : std::string();
    if (auto wrong = wrong_by_itself(owed, told); !wrong.empty()) return wrong;
    if (told.state == Told::State::ended) return "has not forgotten a message that has ended";
    if (told.state != Told::State::there) return {};
    const auto& entry = *told.entry;
    if (!entry.owed || entry.owed->incarnation != number.incarnation || entry.owed->number > number.number)
      return "is not the number of this message";
    if (owed.digest != entry.facts.handed || owed.time != entry.time) return "is not owed this message";
    if (told.whole()) return wrong_in_debt(number, owed, entry);
    if (told.parts != Told::Parts::some_ended) return {};
    Names left;
    for (std::uint32_t i = 0; i < entry.envelope.recipients.size(); ++i)
      std::ranges::copy(endings::names_to(entry, i), std::back_inserter(left));
    return among(owed.recipients, custody::sorted(std::move(left))) ? std::string()
                                                                    : "has not forgotten recipients who have ended";
  }

  /// How recipients ceased to be owed: by nothing, where all of them are still.
  static std::string wrong_by_itself(const Owed& owed, const Told& told) {
    if (owed.settled > 15 || !among(owed.open, owed.recipients)) return "its record contradicts itself";
    if (!told.whole()) return {};  // who has ended is not among the recipients any more, nor what was said of him
    if ((owed.settled == 0) != (owed.open == owed.recipients)) return "its record contradicts itself";
    const bool by_receipt = (owed.settled & static_cast<std::uint8_t>(custody::Settled::receipt)) != 0;
    return by_receipt && owed.batches.empty() ? "was closed by a receipt, and none is named" : std::string();
  }

  static std::string wrong_in_debt(const Number& number, const Owed& owed, const journal::Entry& entry) {
    const auto debts = commit::owed_of(entry);
    const auto which = number.number - entry.owed->number;
    if (which >= debts.size()) return "is not the number of this message";
    if (owed.recipients != debts[which].recipients) return "is not owed to whom the journal says";
    auto ids = debts[which].entries;
    for (auto& id : ids) id.position = entry.position;
    const bool known = owed.entries.size() >= ids.size() && std::ranges::equal(ids, std::span(owed.entries).first(ids.size()));
    return known ? std::string() : "does not leave by what the journal says";  // what is handed over again may have more
  }

  /// What closed it is there to be shown.
  void batches_of(const Number& number, const Owed& owed) {
    bool shown = owed.batches.empty();
    for (const auto& name : owed.batches) {
      const auto value =
          reader_.get(custody::shard_of(partition_), Table::receipts, custody::receipts_key(name.by, name.number));
      if (!value) continue;  // told where that table is read
      if (!*value) {
        fault(text_of(number, owed.position) + "its receipts, batch " + std::to_string(name.number) + ", are missing");
        shown = true;
        continue;
      }
      const auto batch = KeptBatch::decode(**value);
      shown = shown || !batch || std::ranges::any_of(batch->receipts, [&](const KeptBatch::Kept& kept) {
                return kept.receipt && is_same(kept.receipt->number, number);
              });
    }
    if (!shown) fault(text_of(number, owed.position) + "no receipt for it is in the batches that it names");
  }

  /// The book knows numbers of its own instance only, and so has not its name.
  static bool is_same(const Number& a, const Number& b) {
    return a.incarnation == b.incarnation && a.partition == b.partition && a.number == b.number;
  }

  // --- receipts ---------------------------------------------------------------------------------------------------------

  void receipts(std::string_view key, std::string_view value) {
    const auto batch = KeptBatch::decode(value);
    if (!batch || !as_written(value, batch->encode()))
      return fault("table receipts: record " + base::to_hex(key) + ": is not understood");
    const std::string where = "receipts, batch " + std::to_string(batch->number) + ": ";
    if (key != custody::receipts_key(batch->by, batch->number)) fault(where + "is kept under another name");
    if (!signed_by_any(other_.keys, [&](const base::PublicKey& by) { return batch->signed_by(by); }))
      fault(where + "is not signed by any key that the other machine is known to have had");
    for (const auto& kept : batch->receipts)
      if (kept.receipt) receipt(*kept.receipt, *batch, where);
  }

  void receipt(const custody::Receipt& receipt, const KeptBatch& batch, const std::string& where) {
    const auto owed = custody::find_owed(reader_, {{}, receipt.number.incarnation, partition_, receipt.number.number});
    if (!owed) return;  // told where that table is read
    const std::string number = "custody number " + std::to_string(receipt.number.number);
    if (!*owed) return fault(where + number + " has a receipt, and was never given");
    const custody::BatchName name{batch.by, batch.number};
    const bool fits = (*owed)->state == Owed::State::kept && receipt.digest == (*owed)->digest &&
                      among(receipt.recipients, (*owed)->recipients) &&
                      std::ranges::find((*owed)->batches, name) != (*owed)->batches.end();
    if (!fits) fault(where + number + " (entry " + (*owed)->position.text() + ") is not what it gives a receipt for");
  }

  // --- what was received ------------------------------------------------------------------------------------------------

  void received(std::string_view key, std::string_view value) {
    base::Reader name(key);
    const auto number = custody::decode_number(name);
    const auto record = name.u16();
    const auto read = Received::decode(value);
    if (!name.ok() || !name.at_end() || record >= custody::max_received || !read || !as_written(value, read->encode()))
      return fault("table received: record " + base::to_hex(key) + ": is not understood");
    if (auto wrong = wrong_in(number, *read); !wrong.empty())
      fault("received under " + text_of(number, read->position) + wrong);
  }

  std::string wrong_in(const Number& number, const Received& received) {
    const auto& told = entries_.at(received.position);
    if (told.state == Told::State::absent) return "the journal has no such entry";
    const bool ended = received.state == Received::State::ended;
    if (ended) return told.state == Told::State::there ? "has forgotten a message that the journal still has" : std::string();
    if (told.state == Told::State::ended) return "has not forgotten a message that has ended";
    if (told.state != Told::State::there) return {};
    const auto& entry = *told.entry;
    if (!entry.custody || *entry.custody != number) return "is not the number under which this message came";
    if (received.digest != entry.facts.received || received.time != entry.time) return "is not this message";
    if (told.parts == Told::Parts::some_unreadable) return {};
    Names recipients;
    for (std::uint32_t i = 0; i < entry.envelope.recipients.size(); ++i)
      if (endings::is_readable(entry, i)) recipients.push_back(endings::name_from(entry, i));
    return among(received.recipients, custody::sorted(std::move(recipients))) ? std::string()
                                                                              : "has recipients whom the message has not";
  }

  const store::Reader& reader_;
  std::uint16_t partition_;
  Findings& findings_;
  Walk walk_;
  Entries entries_;
  OtherMachine other_;
  std::map<std::pair<custody::Life, std::uint16_t>, std::uint64_t> heard_;  ///< of which numbers: up to which was looked
  std::map<InstanceId, custody::Marks> marks_;
  std::vector<Number> gaps_;
  std::set<InstanceId> lives_;      ///< of which numbers are there
  std::optional<InstanceId> life_;  ///< whose numbers are read
  std::uint64_t next_ = 1;
};

}  // namespace

base::Result<> custody(const store::Reader& reader, std::uint16_t partition, Findings& findings, const GoOn& go_on) {
  return CustodyCheck(reader, partition, findings, go_on).check();
}

}  // namespace understudy::archive::check

#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "app/admin/handlers.hpp"
#include "archive/custody/owed.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"

namespace understudy::app {
namespace {

/// Families of metrics in the making. Names: https://prometheus.io/docs/practices/naming
class Families {
 public:
  void counter(std::string name, std::string help, double value) {
    open(std::move(name), std::move(help), prometheus::MetricType::Counter).counter.value = value;
  }
  void gauge(std::string name, std::string help, double value) {
    open(std::move(name), std::move(help), prometheus::MetricType::Gauge).gauge.value = value;
  }
  void histogram(std::string name, std::string help, const archive::commit::Durations& durations) {
    auto& out = open(std::move(name), std::move(help), prometheus::MetricType::Histogram).histogram;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < durations.bounds.size(); ++i) {
      count += durations.counts()[i];
      out.bucket.push_back({count, std::chrono::duration<double>(durations.bounds[i]).count()});
    }
    out.sample_count = count + durations.counts().back();
    out.sample_sum = std::chrono::duration<double>(durations.sum()).count();
  }
  struct Labelled {
    std::string of;  ///< the label's value
    double value;
  };
  void counters(std::string name, std::string help, const std::string& label, const std::vector<Labelled>& rows) {
    families_.push_back({std::move(name), std::move(help), prometheus::MetricType::Counter, {}});
    for (const auto& row : rows) add(label, row.of).counter.value = row.value;
  }
  void gauges(std::string name, std::string help, const std::string& label, const std::vector<Labelled>& rows) {
    families_.push_back({std::move(name), std::move(help), prometheus::MetricType::Gauge, {}});
    for (const auto& row : rows) add(label, row.of).gauge.value = row.value;
  }
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  /// A family of one, which has no label.
  prometheus::ClientMetric& open(std::string name, std::string help, prometheus::MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return families_.back().metric.emplace_back();
  }
  /// One more of the family that came last.
  prometheus::ClientMetric& add(const std::string& label, const std::string& of) {
    auto& metric = families_.back().metric.emplace_back();
    metric.label.push_back({label, of});
    return metric;
  }

  std::vector<prometheus::MetricFamily> families_;
};

double number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_number() ? value->to_number<double>() : 0;
}

void add_traffic(Families& families, const boost::json::object& status) {
  const auto& messages = status.at("messages").as_object();
  families.counter("understudy_messages_accepted_total", "Messages answered with 250.", number(messages, "accepted"));
  families.counter("understudy_messages_resent_total", "Of these, repeats that filled no place twice.",
                   number(messages, "resent"));
  families.counter("understudy_messages_refused_total", "Messages refused after their data.", number(messages, "refused"));
  families.gauge("understudy_sessions", "Inbound connections now.", number(status, "sessions"));
  families.counter("understudy_logins_refused_total", "Logins that were refused.", number(status, "logins_refused"));
  const auto& deliveries = status.at("deliveries").as_object();
  families.counter("understudy_recipients_delivered_total", "Recipients that a next hop took.",
                   number(deliveries, "delivered"));
  families.counter("understudy_recipients_deferred_total", "Attempts put off by a next hop.", number(deliveries, "deferred"));
  families.counter("understudy_recipients_failed_total", "Recipients refused for good.", number(deliveries, "failed"));
  families.counter("understudy_copies_held_total", "Entries whose copy was refused for good: they wait for an administrator.",
                   number(deliveries, "held"));
  std::vector<Families::Labelled> waiting;
  for (const auto& hop : status.at("hops").as_array()) {
    const auto& row = hop.as_object();
    waiting.push_back({std::string(row.at("hop").as_string()), number(row, "entries")});
  }
  families.gauges("understudy_outbox_entries", "Entries that wait for a hop.", "hop", waiting);
}

void add_commits(Families& families, const archive::commit::Totals& totals) {
  families.counter("understudy_commits_total", "Groups of changes committed.", static_cast<double>(totals.groups));
  families.counter("understudy_commit_syncs_total", "Of these, those that waited for the medium.",
                   static_cast<double>(totals.syncs));
  families.histogram("understudy_commit_seconds", "From taking a group off the queue until it was durable.",
                     totals.durable_after);
  families.counter("understudy_changes_total", "Messages, outcomes and other changes in them.",
                   static_cast<double>(totals.tasks));
}

void add_journal(Families& families, const archive::store::Store& store) {
  if (auto numbers = archive::journal::read_numbers(store, 0))
    families.gauge("understudy_journal_entries", "Entries of the journal.", static_cast<double>(numbers->frontier.size()));
  const auto last = archive::journal::last_head(store, 0);
  const auto head = last && *last ? (*last)->head : archive::journal::TreeHead();
  families.gauge("understudy_journal_signed_entries", "Of these, those under a signed tree head.",
                 static_cast<double>(head.head.size));
  families.gauge("understudy_journal_signed_seconds", "When the newest tree head was signed, since 1970; 0: none yet.",
                 std::chrono::duration<double>(head.time.time_since_epoch()).count());
}

/// Numbers of this life of the store alone: a former one gives none any more.
void add_custody(Families& families, const boost::json::object& status, const archive::store::Store& store) {
  if (const auto* refused = status.if_contains("custody_refused"); refused && refused->is_object()) {
    std::vector<Families::Labelled> reasons;
    for (const auto& [reason, count] : refused->get_object()) reasons.push_back({reason, count.to_number<double>()});
    families.counters("understudy_custody_refused_total", "Messages that were not taken under their custody number, by why.",
                      "reason", reasons);
  }
  const auto life = archive::custody::Life::parse(store.identity().instance, store.identity().incarnation);
  if (!life) return;
  const auto marks = archive::custody::find_marks(store, 0, *life);
  if (!marks) return;
  families.counter("understudy_custody_numbers_total", "Messages that are or were owed to another machine.",
                   static_cast<double>(marks->next - 1));
  families.gauge("understudy_custody_low_mark", "No lower number is owed to anybody.", static_cast<double>(marks->low));
}

void add_store(Families& families, const archive::store::Store& store) {
  const auto figures = store.figures();
  families.gauges("understudy_store_octets", "Octets of the store on the medium.", "kind",
                  {{"live", static_cast<double>(figures.live_octets)},
                   {"dead", static_cast<double>(figures.dead_octets)},
                   {"records", static_cast<double>(figures.record_octets)}});
  families.counters("understudy_store_parts_total", "Parts of bodies that were looked up, by whether they were stored already.",
                    "found",
                    {{"yes", static_cast<double>(figures.parts_found)}, {"no", static_cast<double>(figures.parts_new)}});
  families.counter("understudy_store_octets_accepted_total", "Octets of committed bodies, as they came.",
                   static_cast<double>(figures.octets_accepted));
  families.counter("understudy_store_octets_written_total", "Octets written for bodies and commits.",
                   static_cast<double>(figures.octets_written));
  families.gauge("understudy_store_dictionary", "Number of the newest dictionary, 0: none.", figures.dictionary);
  families.counter("understudy_store_collected_segments_total", "Segments whose room came back.",
                   static_cast<double>(figures.segments_collected));
  families.gauge("understudy_store_free_octets", "Left on the medium of the data directory.",
                 static_cast<double>(store.free_octets()));
  families.gauge("understudy_store_stopped", "1: a write failed, and nothing is written until restart.",
                 store.stopped() ? 1 : 0);
}

void add_receipts(Families& families, const AdminParts& parts) {
  std::vector<Families::Labelled> results;
  for (const auto& [result, count] : parts.receipt_counts()) results.push_back({result, static_cast<double>(count)});
  families.counters("understudy_custody_receipts_total", "Receipts that came from the other machine, by what came of it.",
                    "result", results);
}

void add_timestamps(Families& families, const AdminParts& parts) {
  std::vector<Families::Labelled> results;
  for (const auto& [result, count] : parts.timestamp_counts()) results.push_back({result, static_cast<double>(count)});
  families.counters("understudy_journal_timestamps_total", "Time stamps of tree heads that were asked for, by what came of it.",
                    "result", results);
}

void add_missing(Families& families, const AdminParts::Missing& missing) {
  families.gauge("understudy_custody_missing",
                 "Messages that were handed over and of which the other machine gave no receipt in time.",
                 static_cast<double>(missing.now));
  families.counter("understudy_custody_lost_total",
                   "Messages that the other machine had not got, and that were handed over again.",
                   static_cast<double>(missing.lost));
}

void add_witness(Families& families, const AdminParts& parts) {
  std::vector<Families::Labelled> results;
  for (const auto& [result, count] : parts.witness_counts()) results.push_back({result, static_cast<double>(count)});
  families.counters("understudy_witness_total",
                    "Heads and countersignatures that came from the other machine, by what came of it.", "result", results);
  const auto entries = [](const base::Result<std::optional<archive::witness::Countersigned>>& newest) {
    return newest && *newest ? static_cast<double>((*newest)->head.head.head.size) : 0;
  };
  families.gauges("understudy_witness_entries", "Entries under the newest head that was countersigned.", "journal",
                  {{"ours", entries(parts.witness.cosigned())}, {"theirs", entries(parts.witness.witnessed())}});
  const auto dispute = parts.witness.open_dispute();
  families.gauge("understudy_witness_dispute", "1: the other machine showed what cannot be; see `understudy peer witness`.",
                 !dispute || *dispute ? 1 : 0);
}

/// Families without a sample where there is no link.
void add_peer(Families& families, const boost::json::object& peer) {
  const auto* link = peer.if_contains("link");
  families.gauge("understudy_peer_connected", "1: the link to the other machine is up.", link && *link == "up" ? 1 : 0);
  std::vector<Families::Labelled> refused, sent, received, behind;
  if (const auto* reasons = peer.if_contains("refused"); reasons && reasons->is_object())
    for (const auto& [reason, count] : reasons->get_object()) refused.push_back({reason, count.to_number<double>()});
  if (const auto* topics = peer.if_contains("topics"); topics && topics->is_array())
    for (const auto& each : topics->get_array()) {
      const auto& row = each.as_object();
      const std::string topic(row.at("topic").as_string());
      sent.push_back({topic, number(row, "sent")});
      received.push_back({topic, number(row, "received")});
      if (row.at("behind").is_number()) behind.push_back({topic, number(row, "behind")});
    }
  families.counters("understudy_peer_refused_total", "Connections to or from the other machine that were ended, by why.",
                    "reason", refused);
  families.counters("understudy_peer_records_sent_total", "Records sent to the other machine.", "topic", sent);
  families.counters("understudy_peer_records_received_total", "Records taken from the other machine.", "topic", received);
  families.gauges("understudy_peer_behind", "Records that are not durable at the other machine yet.", "topic", behind);
}

}  // namespace

net::Task<AdminAnswer> server_metrics(const AdminParts& parts, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  Families families;
  const auto status = parts.status();
  add_traffic(families, status);
  add_commits(families, parts.archive.totals());
  const auto& store = parts.archive.store();
  add_journal(families, store);
  add_custody(families, status, store);
  families.gauge("understudy_accounts", "Accounts in the directory.",
                 static_cast<double>(parts.archive.directory().records().size()));
  add_store(families, store);
  add_receipts(families, parts);
  add_missing(families, parts.custody_missing());
  add_timestamps(families, parts);
  add_witness(families, parts);
  add_peer(families, parts.peer_status());
  const auto* low = status.if_contains("space_low");
  families.gauge("understudy_store_space_low", "1: less than server.free_space is left, and mail is put off.",
                 low && low->is_bool() && low->as_bool() ? 1 : 0);
  AdminAnswer answer;
  OctetStream octets;
  const std::string text = families.text();
  octets.size = text.size();
  octets.read = [text](std::uint64_t offset) -> base::Result<std::string> { return text.substr(offset); };
  answer.octets = std::move(octets);
  co_return answer;
}

}  // namespace understudy::app

#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "app/admin/handlers.hpp"
#include "archive/audit/reader.hpp"
#include "archive/custody/owed.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"
#include "archive/store/key_ring.hpp"

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
  struct TwiceLabelled {
    std::string of, and_of;
    double value;
  };
  /// By two labels.
  void counters(std::string name, std::string help, const std::pair<std::string, std::string>& labels,
                const std::vector<TwiceLabelled>& rows) {
    families_.push_back({std::move(name), std::move(help), prometheus::MetricType::Counter, {}});
    for (const auto& row : rows) add(labels, row).counter.value = row.value;
  }
  void gauges(std::string name, std::string help, const std::pair<std::string, std::string>& labels,
              const std::vector<TwiceLabelled>& rows) {
    families_.push_back({std::move(name), std::move(help), prometheus::MetricType::Gauge, {}});
    for (const auto& row : rows) add(labels, row).gauge.value = row.value;
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
  prometheus::ClientMetric& add(const std::pair<std::string, std::string>& labels, const TwiceLabelled& row) {
    auto& metric = add(labels.first, row.of);
    metric.label.push_back({labels.second, row.and_of});
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
  families.counter("understudy_custody_hidden_total",
                   "Recipients owed under custody whom a next hop took that did not announce XCUSTODY.",
                   number(deliveries, "custody_hidden"));
  std::vector<Families::Labelled> waiting;
  for (const auto& hop : status.at("hops").as_array()) {
    const auto& row = hop.as_object();
    waiting.push_back({std::string(row.at("hop").as_string()), number(row, "entries")});
  }
  families.gauges("understudy_outbox_entries", "Entries that wait for a hop.", "hop", waiting);
}

void add_access(Families& families, const boost::json::object& access) {
  std::vector<Families::TwiceLabelled> sessions;
  std::vector<Families::Labelled> logins, commands, refused;
  for (const std::string protocol : {"imap", "pop3"}) {
    const auto& of = access.at(protocol).as_object();
    for (const std::string state : {"strangers", "users", "idle"})
      if (protocol != "pop3" || state != "idle") sessions.push_back({protocol, state, number(of, state)});
    logins.push_back({protocol, number(of, "logins")});
    commands.push_back({protocol, number(of, "commands")});
    refused.push_back({protocol, number(of, "refused")});
  }
  families.gauges("understudy_access_sessions", "Sessions of mail access now, by what they are at.", {"protocol", "state"},
                  sessions);
  families.counters("understudy_access_logins_total", "Logins of who reads mail.", "protocol", logins);
  families.counters("understudy_access_commands_total", "Commands of who reads mail.", "protocol", commands);
  families.counters("understudy_access_refused_total", "Of these, answered NO, BAD or -ERR.", "protocol", refused);
  families.counter("understudy_access_appended_total", "Messages that were appended.", number(access, "appended"));
  families.gauge("understudy_access_work_memory_bytes", "What SORT and THREAD hold now.", number(access, "work_memory"));
  families.gauge("understudy_access_heading_memory_bytes", "What is kept of messages that were searched or sorted.",
                 number(access, "heading_memory"));
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

void add_store(Families& families, const archive::store::Store& store, bool stopped) {
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
  families.counter("understudy_store_octets_encrypted_total", "Of these, in bodies that are encrypted.",
                   static_cast<double>(figures.octets_encrypted));
  families.counter("understudy_store_octets_written_total", "Octets written for bodies and commits.",
                   static_cast<double>(figures.octets_written));
  families.gauge("understudy_store_dictionary", "Number of the newest dictionary, 0: none.", figures.dictionary);
  families.counter("understudy_store_collected_segments_total", "Segments whose room came back.",
                   static_cast<double>(figures.segments_collected));
  families.gauge("understudy_store_free_octets", "Left on the medium of the data directory.",
                 static_cast<double>(store.free_octets()));
  families.gauge("understudy_store_stopped", "1: a write failed, and nothing is written until restart.", stopped ? 1 : 0);
}

void add_encryption(Families& families, const archive::store::Store& store) {
  families.gauge("understudy_encryption_on", "1: what is stored now is encrypted.", store.encrypts() ? 1 : 0);
  families.gauge("understudy_encryption_ring_stopped", "1: a write of the key ring failed, and nobody gets a new key.",
                 store.keys() && store.keys()->stopped() ? 1 : 0);
  const auto counts = store.keys() ? store.keys()->counts() : archive::store::KeyRing::Counts();
  families.gauges("understudy_encryption_keys", "Keys of the ring, by what became of them.", "state",
                  {{"kept", static_cast<double>(counts.keys)}, {"destroyed", static_cast<double>(counts.destroyed)}});
}

void add_receipts(Families& families, const AdminParts& parts) {
  std::vector<Families::Labelled> results;
  for (const auto& [result, count] : parts.receipt_counts()) results.push_back({result, static_cast<double>(count)});
  families.counters("understudy_custody_receipts_total", "Receipts that came from the other machine, by what came of it.",
                    "result", results);
}

void add_endings(Families& families, const archive::endings::Desk* desk) {
  const auto counts = desk ? desk->counts() : std::map<std::string, std::uint64_t>();
  std::vector<Families::Labelled> results, directions;
  for (const auto& [result, count] : counts) results.push_back({result, static_cast<double>(count)});
  families.counters("understudy_endings_orders_total", "Orders to end, and answers, by what came of them.", "result", results);
  const auto waiting = desk ? desk->waiting() : archive::endings::Desk::Waiting();
  if (waiting) directions = {{"given", static_cast<double>(waiting->given)}, {"taken", static_cast<double>(waiting->taken)}};
  families.gauges("understudy_endings_orders_waiting",
                  "Orders to end that are not answered for good, at most 1000 are counted.", "direction", directions);
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
  families.counter("understudy_custody_receipts_broken_total",
                   "Messages that the other machine gave a receipt for and has not got, and that were handed over again.",
                   static_cast<double>(missing.broken));
}

void add_gaps(Families& families, const AdminParts& parts) {
  std::vector<Families::Labelled> standings;
  for (const auto& [standing, count] : parts.custody_gaps()) standings.push_back({standing, static_cast<double>(count)});
  families.gauges("understudy_custody_gaps", "Messages that the other machine numbered and that are not here, by what it says.",
                  "standing", standings);
}

void add_audit(Families& families, const archive::audit::Door& door, const archive::store::Store& store) {
  if (const auto entries = archive::audit::size(store))
    families.gauge("understudy_audit_entries", "Entries of the audit journal.", static_cast<double>(*entries));
  const auto counts = door.counts();
  families.counters("understudy_audit_requests_total", "Requests of people, by what the audit journal says of them.", "result",
                    {{"allowed", static_cast<double>(counts.allowed)},
                     {"refused", static_cast<double>(counts.refused)},
                     {"asked", static_cast<double>(counts.asked)}});
  families.counter("understudy_audit_too_fast_total",
                   "Requests that were refused and not recorded, since too many came or waited.",
                   static_cast<double>(counts.too_fast));
  families.counter("understudy_admin_strangers_total", "Connections to the admin socket of users who are not let in.",
                   static_cast<double>(counts.strangers));
}

void add_witness(Families& families, const AdminParts& parts) {
  std::vector<Families::TwiceLabelled> results;
  for (const auto& [result, count] : parts.witness_counts()) results.push_back({"mail", result, static_cast<double>(count)});
  for (const auto& [result, count] : parts.audit_witness_counts())
    results.push_back({"audit", result, static_cast<double>(count)});
  families.counters("understudy_witness_total",
                    "Heads and countersignatures that came from the other machine, by journal and by what came of it.",
                    {"journal", "result"}, results);
  const auto entries = [](const base::Result<std::optional<archive::witness::Countersigned>>& newest) {
    return newest && *newest ? static_cast<double>((*newest)->head.head.head.size) : 0;
  };
  families.gauges("understudy_witness_entries", "Entries under the newest head that was countersigned.", {"journal", "side"},
                  {{"mail", "ours", entries(parts.witness.cosigned())},
                   {"mail", "theirs", entries(parts.witness.witnessed())},
                   {"audit", "ours", entries(parts.audit_witness.cosigned())},
                   {"audit", "theirs", entries(parts.audit_witness.witnessed())}});
  const auto dispute = parts.witness.open_dispute();
  const auto of_audit = parts.audit_witness.open_dispute();
  families.gauge("understudy_witness_dispute", "1: the other machine showed what cannot be; see `understudy peer witness`.",
                 !dispute || *dispute || !of_audit || *of_audit ? 1 : 0);
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

net::Task<AdminAnswer> server_metrics(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  Families families;
  const auto status = parts.status();
  add_traffic(families, status);
  add_access(families, status.at("access").as_object());
  add_commits(families, permit.archive().totals());
  const auto& store = permit.archive().store();
  add_journal(families, store);
  add_custody(families, status, store);
  families.gauge("understudy_accounts", "Accounts in the directory.",
                 static_cast<double>(permit.archive().directory().records().size()));
  add_store(families, store, permit.archive().stopped());
  add_encryption(families, store);
  add_receipts(families, parts);
  add_missing(families, parts.custody_missing());
  add_gaps(families, parts);
  add_endings(families, parts.endings);
  add_timestamps(families, parts);
  add_witness(families, parts);
  add_audit(families, parts.door, permit.archive().store());
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

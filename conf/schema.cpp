#include "conf/schema.hpp"

#include <array>
#include <limits>

namespace understudy::conf {
namespace {

using Kind = Key::Kind;
using Need = Key::Need;

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;
constexpr std::uint64_t kibi = 1024;
constexpr std::uint64_t mebi = 1024 * kibi;
constexpr std::uint64_t gibi = 1024 * mebi;

constexpr Key table(std::string_view path, Need need = Need::optional) {
  return {path, Kind::table, need};
}
constexpr Key tables(std::string_view path) {
  return {path, Kind::tables};
}
constexpr Key text(std::string_view path, Need need = Need::optional) {
  return {path, Kind::text, need};
}
constexpr Key texts(std::string_view path, Need need = Need::optional) {
  return {path, Kind::texts, need};
}
constexpr Key flag(std::string_view path) {
  return {path, Kind::flag};
}
constexpr Key number(std::string_view path, std::uint64_t least, std::uint64_t most) {
  return {path, Kind::number, Need::optional, least, most};
}
constexpr Key size(std::string_view path, std::uint64_t least, std::uint64_t most) {
  return {path, Kind::size, Need::optional, least, most};
}
constexpr Key duration(std::string_view path, std::uint64_t least, std::uint64_t most, Need need = Need::optional) {
  return {path, Kind::duration, need, least, most};
}
constexpr Key word(std::string_view path, std::string_view words, Need need = Need::optional) {
  return {path, Kind::word, need, 0, 0, words};
}
constexpr Key words(std::string_view path, std::string_view words) {
  return {path, Kind::words, Need::optional, 0, 0, words};
}

constexpr std::array keys = {
    table("server", Need::required),
    text("server.hostname", Need::required),
    text("server.domain_name", Need::required),
    text("server.data", Need::required),
    text("server.admin_socket"),
    text("server.admin_group"),
    text("server.postmaster"),
    word("server.safe", "here|both"),
    duration("server.both_wait", 100, 10 * minute),
    size("server.memory", 16 * mebi, 1024 * gibi),
    size("server.free_space", 0, 1024 * gibi),
    duration("server.stop_wait", 0, hour),
    text("server.detail_separator"),

    table("store"),
    number("store.compression", 0, 19),
    flag("store.check_writes"),

    table("journal"),
    text("journal.key"),
    duration("journal.sign_every", 0, 24 * hour),
    text("journal.timestamp"),
    text("journal.timestamp_roots"),
    duration("journal.timestamp_every", second, 366 * 24 * hour),

    table("encryption"),
    text("encryption.master_key"),
    texts("encryption.master_command"),
    text("encryption.ring"),

    table("access"),
    word("access.archive_role", "nothing|read-only|everything"),
    number("access.connections", 1, 1'000'000),
    number("access.connections_per_address", 1, 1'000'000),
    duration("access.login_wait", second, hour),
    duration("access.idle_wait", 30 * minute, 30 * day),
    duration("access.write_wait", second, hour),
    duration("access.data_wait", second, hour),
    number("access.metadata_entries", 0, 100'000),
    size("access.metadata_size", 0, 16ull << 20),
    size("access.metadata_value", 0, 60ull << 10),
    flag("access.shared_mailboxes"),
    text("access.client_authorities"),
    number("access.errors", 1, 10'000),
    number("access.errors_before_login", 1, 100),
    size("access.work_memory", mebi, 64 * gibi),
    size("access.heading_memory", mebi, 64 * gibi),

    table("audit"),
    word("audit.administrators_read", "never|audited|second-person"),
    words("audit.second_person", "inspect|search|read|export|change|configure|end"),
    flag("audit.auditors_need_case"),
    duration("audit.approval_valid", minute, 7 * day),

    tables("operator"),
    text("operator.name", Need::required),
    text("operator.user", Need::required),
    words("operator.roles", "administrator|auditor"),
    text("operator.password"),

    table("tls"),
    text("tls.certificate", Need::required),
    text("tls.key", Need::required),

    tables("client"),
    text("client.name", Need::required),
    texts("client.networks"),
    text("client.certificate"),
    words("client.may", "relay|local-sender|copy"),
    word("client.odd_octets", "refuse|keep"),

    table("peer"),
    text("peer.host", Need::required),
    number("peer.port", 1, 65535),
    text("peer.key"),
    texts("peer.bind"),
    duration("peer.retry", 100, minute),
    duration("peer.retry_max", 100, hour),
    duration("peer.idle", second, 10 * minute),
    duration("peer.receipt_wait", second, hour),
    word("peer.endings", "ask|obey"),
    size("peer.window", 64 * kibi, 64 * mebi),

    table("dns"),
    texts("dns.servers"),
    flag("dns.allow_loopback"),

    tables("listener"),
    word("listener.protocol", "smtp|submission|imap|pop3|http", Need::required),
    texts("listener.bind", Need::required),
    word("listener.tls", "none|starttls|implicit"),
    flag("listener.refuse_nonlocal_claiming_local"),
    flag("listener.refuse_nonlocal_from_local"),
    table("listener.limits"),
    size("listener.limits.message_size", 64 * kibi, 64 * gibi),
    number("listener.limits.recipients", 100, 100'000),
    number("listener.limits.command_line", 512, 65536),
    number("listener.limits.header_fields", 100, 1'000'000),
    number("listener.limits.errors", 1, 10'000),
    duration("listener.limits.command_wait", second, hour),
    duration("listener.limits.data_wait", second, hour),
    number("listener.limits.data_rate", 0, 1'000'000),
    duration("listener.limits.transaction_wait", second, day),

    tables("domain"),
    text("domain.name", Need::required),
    texts("domain.aliases"),

    tables("account"),
    text("account.address", Need::required),
    texts("account.aliases"),
    text("account.password"),

    tables("alias"),
    text("alias.address", Need::required),
    texts("alias.to", Need::required),

    table("passthrough"),
    texts("passthrough.domains"),
    flag("passthrough.copy_to_sender_sent"),
    flag("passthrough.create_mailbox"),
    flag("passthrough.copy_local_to_outbox"),
    flag("passthrough.copy_without_received_to_outbox"),
    word("passthrough.accept_local_from", "anyone|clients"),
    duration("passthrough.resend_window", 0, 365 * day),
    number("passthrough.create_limit", 0, 1'000'000),
    table("passthrough.in_charge"),
    texts("passthrough.in_charge.domains"),
    flag("passthrough.in_charge.copy_to_sender_sent"),
    flag("passthrough.in_charge.create_mailbox"),
    flag("passthrough.in_charge.copy_local_to_outbox"),
    flag("passthrough.in_charge.copy_without_received_to_outbox"),
    word("passthrough.in_charge.accept_local_from", "anyone|clients"),
    duration("passthrough.in_charge.resend_window", 0, 365 * day),
    number("passthrough.in_charge.create_limit", 0, 1'000'000),
    word("passthrough.in_charge.undelivered", "return|store"),

    table("undelivered"),
    word("undelivered.action", "return|store"),
    text("undelivered.template"),
    text("undelivered.account"),

    tables("template"),
    text("template.name", Need::required),
    texts("template.folders"),
    size("template.quota", 0, std::numeric_limits<std::int64_t>::max()),
    flag("template.login"),
    tables("template.retention"),
    text("template.retention.folder", Need::required),
    duration("template.retention.after", hour, 36500 * day, Need::required),
    word("template.retention.then", "archive|bin", Need::required),

    tables("route"),
    text("route.match", Need::required),
    text("route.via", Need::required),
    word("route.tls", "none|may|encrypt|verify|dane|implicit"),
    text("route.certificate"),
    text("route.auth"),
    number("route.priority", 0, 65535),
    word("route.if_down", "wait|direct"),
    flag("route.custody"),

    table("limits"),
    size("limits.message_size", 64 * kibi, 64 * gibi),
    number("limits.recipients", 100, 100'000),
    number("limits.command_line", 512, 65536),
    number("limits.header_fields", 100, 1'000'000),
    number("limits.errors", 1, 10'000),
    duration("limits.command_wait", second, hour),
    duration("limits.data_wait", second, hour),
    number("limits.data_rate", 0, 1'000'000),
    duration("limits.transaction_wait", second, day),
    number("limits.hops", 10, 1000),
    number("limits.connections", 1, 100'000),
    number("limits.connections_per_address", 1, 100'000),
    number("limits.login_failures_per_account", 1, 100'000),
    number("limits.login_failures_per_address", 1, 100'000),
    duration("limits.login_forgive", second, day),

    table("outbound"),
    text("outbound.ehlo_name"),
    number("outbound.hosts", 2, 100),
    number("outbound.connections", 1, 10'000),
    number("outbound.connections_per_hop", 1, 1000),
    number("outbound.messages_per_connection", 1, 100'000),
    duration("outbound.keep_open", 0, minute),
    duration("outbound.connect_wait", second, hour),
    duration("outbound.greeting_wait", second, hour),
    duration("outbound.command_wait", second, hour),
    duration("outbound.data_start_wait", second, hour),
    duration("outbound.data_block_wait", second, hour),
    duration("outbound.data_end_wait", second, hour),
    duration("outbound.open_wait", second, hour),

    table("queue"),
    duration("queue.retry_first", second, day),
    duration("queue.retry_longest", second, 7 * day),
    number("queue.retry_jitter", 0, 50),
    duration("queue.expiry", second, 365 * day),
    duration("queue.delay_notice", 0, 365 * day),
};

}  // namespace

std::span<const Key> schema() {
  return keys;
}

}  // namespace understudy::conf

// What each command may do in each state. Everything is checked before the first effect.
#include <algorithm>

#include "mail/pop3/dialogue.hpp"

namespace understudy::mail::pop3 {
namespace {

constexpr std::string_view not_logged_in = "Log in first";
constexpr std::string_view logged_in = "Not allowed once logged in";
constexpr std::string_view no_such_message = "No such message";
/// Without TLS nobody is asked for a password; one that was sent all the same is not looked at.
constexpr std::string_view needs_tls = "TLS is needed first";

void append_line(std::string& out, std::string_view line) {
  out.append(line).append("\r\n");
}

}  // namespace

std::string ServerDialogue::capabilities() const {
  std::string out;
  for (const auto* line : {"TOP", "UIDL", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "EXPIRE NEVER", "UTF8 USER", "LANG"})
    append_line(out, line);
  if (tls_) append_line(out, "USER");
  if (tls_ && !options_.mechanisms.empty()) {
    std::string sasl = "SASL";
    for (const auto& mechanism : options_.mechanisms) sasl.append(" ").append(mechanism);
    append_line(out, sasl);
  }
  if (offers_stls()) append_line(out, "STLS");
  append_line(out, "IMPLEMENTATION Understudy");
  return out;
}

Next ServerDialogue::on(command::Capa&&) {
  auto next = ok("Capability list follows");
  next.reply += capabilities() + ".\r\n";
  return next;
}

Next ServerDialogue::on(command::Stls&&) {
  if (drop_) return protest(logged_in);
  if (!offers_stls()) return protest(tls_ ? "TLS is on already" : "Not offered here");
  return want(Want::tls, "+OK Begin TLS\r\n");
}

/// Yes to every name: whether there is such a user is told to nobody.
Next ServerDialogue::on(command::User&& user) {
  if (drop_) return protest(logged_in);
  if (!tls_) return protest(needs_tls);
  name_ = std::move(user.name);
  return ok("Password needed");
}

Next ServerDialogue::on(command::Pass&& pass) {
  if (drop_) return protest(logged_in);
  if (!tls_) return protest(needs_tls);
  if (!name_) return protest("USER first");
  credentials_ = Credentials{std::move(*name_), std::move(pass.password)};
  name_.reset();
  return want(Want::login);
}

Next ServerDialogue::on(command::Auth&& auth) {
  if (drop_) return protest(logged_in);
  if (!tls_) return protest(needs_tls);
  if (std::ranges::find(options_.mechanisms, auth.mechanism) == options_.mechanisms.end())
    return protest("No such mechanism here");
  auth_ = AuthRequest{AuthRequest::Kind::start, std::move(auth.mechanism), std::move(auth.initial)};
  return want(Want::auth);
}

/// RFC 6856 §2: before the login only.
Next ServerDialogue::on(command::Utf8&&) {
  if (drop_) return protest(logged_in);
  utf8_ = true;
  return ok("UTF-8 it is");
}

/// RFC 6856 §3. What is said here is in English, whatever else is asked for.
Next ServerDialogue::on(command::Lang&& lang) {
  if (!lang.tag) {
    auto next = ok("Language listing follows");
    next.reply += "en English\r\n.\r\n";
    return next;
  }
  const bool known = *lang.tag == "*" || *lang.tag == "en" || *lang.tag == "i-default" || lang.tag->starts_with("en-");
  return known ? ok("en English it is") : err("That language is not spoken here");
}

Next ServerDialogue::on(command::Noop&&) {
  if (!drop_) return protest(not_logged_in);
  return ok("Nothing done");
}

Next ServerDialogue::on(command::Stat&&) {
  if (!drop_) return protest(not_logged_in);
  return ok(std::to_string(drop_->left()) + " " + std::to_string(drop_->octets_left()));
}

Next ServerDialogue::on(command::List&& list_command) {
  return list(Listing::Kind::sizes, list_command.number);
}

Next ServerDialogue::on(command::Uidl&& uidl) {
  return list(Listing::Kind::uidls, uidl.number);
}

std::string ServerDialogue::listed(Listing::Kind kind, std::uint64_t number) const {
  const Entry& entry = drop_->at(number);
  return std::to_string(number) + " " + (kind == Listing::Kind::sizes ? std::to_string(entry.size) : entry.uidl);
}

Next ServerDialogue::list(Listing::Kind kind, std::optional<std::uint64_t> number) {
  if (!drop_) return protest(not_logged_in);
  if (number) return drop_->exists(*number) ? ok(listed(kind, *number)) : err(no_such_message);
  listing_ = Listing{kind, 1};
  auto reply = "+OK " + std::to_string(drop_->left()) + " messages\r\n";
  return go_on_listing(std::move(reply));
}

Next ServerDialogue::on_more() {
  expect(Want::more);
  return go_on_listing({});
}

/// A part at a time: the listing of a large maildrop is never in memory as a whole.
Next ServerDialogue::go_on_listing(std::string reply) {
  auto& at = listing_->next;
  for (; at <= drop_->count() && reply.size() < options_.chunk; ++at)
    if (drop_->exists(at)) append_line(reply, listed(listing_->kind, at));
  if (at <= drop_->count()) return want(Want::more, std::move(reply));
  listing_.reset();
  append_line(reply, ".");
  awaited_ = Want::command;
  return {std::move(reply), Want::command, Flush::may_wait};
}

Next ServerDialogue::open(std::uint64_t number, std::optional<std::uint64_t> lines) {
  if (!drop_) return protest(not_logged_in);
  if (!drop_->exists(number)) return err(no_such_message);
  request_ = {number, lines};
  return want(Want::message);
}

Next ServerDialogue::on(command::Retr&& retr) {
  return open(retr.number, std::nullopt);
}

Next ServerDialogue::on(command::Top&& top) {
  return open(top.number, top.lines);
}

Next ServerDialogue::on(command::Dele&& dele) {
  if (!drop_) return protest(not_logged_in);
  if (!drop_->exists(dele.number)) return err(no_such_message);
  if (removing_ == Removing::refused) return err("[SYS/PERM] This maildrop can only be read here");
  drop_->mark(dele.number);
  return ok("Marked for removal");
}

Next ServerDialogue::on(command::Rset&&) {
  if (!drop_) return protest(not_logged_in);
  drop_->unmark_all();
  return ok(std::to_string(drop_->left()) + " messages (" + std::to_string(drop_->octets_left()) + " octets)");
}

/// RFC 1939 §4, §6: before the login there is nothing to do.
Next ServerDialogue::on(command::Quit&&) {
  if (!drop_) return hang_up("+OK " + options_.hostname + " closing\r\n");
  return want(Want::update);
}

}  // namespace understudy::mail::pop3

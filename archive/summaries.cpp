#include "archive/summaries.hpp"

#include <limits>
#include <utility>

#include "mail/imap/envelope_view.hpp"
#include "mail/imap/summary.hpp"
#include "mail/imap/summary_record.hpp"

namespace understudy::archive {
namespace {

using mail::imap::SummaryMaker;
using mail::imap::SummaryView;

class SummarisedBody final : public store::BodyWriter {
 public:
  explicit SummarisedBody(std::unique_ptr<store::BodyWriter> writer) : writer_(std::move(writer)) {}

  base::Result<> append(std::string_view octets) override {
    maker_.feed(octets);
    return writer_->append(octets);
  }
  std::uint64_t size() const override { return writer_->size(); }
  base::Result<store::SealedBody> seal() override {
    auto sealed = writer_->seal();
    if (!sealed) return sealed;
    store::Shown shown{.summary = mail::imap::encode(maker_.finish()), .heading = {}};
    if (const auto view = SummaryView::open(shown.summary)) shown.heading = mail::imap::heading_of(*view);
    sealed->set_shown(std::move(shown));
    return sealed;
  }

 private:
  std::unique_ptr<store::BodyWriter> writer_;
  SummaryMaker maker_;
};

base::Result<mail::imap::Summary> summarise(const store::BodySource& bodies, const store::BodyRef& ref) {
  SummaryMaker maker;
  const auto body = bodies.open(ref);
  for (std::uint64_t at = 0; at < ref.size;) {
    auto piece = body->read(at, store::Bodies::max_chunk);
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) return base::fail("body", base::errc::damaged);
    maker.feed(*piece);
    at += piece->size();
  }
  return maker.finish();
}

bool will_do(std::string_view record, const store::BodyRef& body, Want want) {
  const auto view = SummaryView::open(record);
  return view && (want == Want::any || view->is_whole()) && view->facts().size == body.size;
}

constexpr int steps = 4;  ///< over messages of other folders; then looking it up is as quick

}  // namespace

std::unique_ptr<store::BodyWriter> summarised(std::unique_ptr<store::BodyWriter> writer) {
  return std::make_unique<SummarisedBody>(std::move(writer));
}

base::Result<std::string> summary_of(const store::Reader& reader, const store::BodySource& bodies,
                                     mailbox::AccountNumber account, const store::BodyRef& body, Want want) {
  auto kept = reader.get(mailbox::shard_of(account), store::Table::summaries, mailbox::keys::summary(body));
  if (!kept) return std::unexpected(kept.error());
  if (*kept && will_do(**kept, body, want)) return std::move(**kept);
  auto summary = summarise(bodies, body);
  if (!summary) return std::unexpected(summary.error());
  return mail::imap::encode(*summary,
                            want == Want::whole ? std::numeric_limits<std::uint32_t>::max() : mail::imap::longest_record);
}

/// Valid until the next call. nullopt: it is not there, was not yet when the cursor was made, or cannot be read.
std::optional<std::string_view> SummaryReader::find(Cursor& cursor, store::Table table, std::string_view key) {
  for (int step = 0; cursor && cursor->valid() && step < steps; ++step) {
    if (cursor->key() == key) return cursor->value();
    if (cursor->key() > key) break;
    cursor->next();
  }
  if (!cursor || !cursor->valid() || cursor->key() != key) cursor = reader_.scan(mailbox::shard_of(account_), table, key);
  if (cursor->valid() && cursor->key() == key) return cursor->value();
  return std::nullopt;
}

base::Result<std::string> SummaryReader::record(const store::BodyRef& body, Want want) {
  const auto kept = find(summaries_, store::Table::summaries, mailbox::keys::summary(body));
  if (kept && will_do(*kept, body, want)) return std::string(*kept);
  return summary_of(reader_, bodies_, account_, body, want);
}

std::optional<mail::imap::HeadingView> SummaryReader::heading(const store::BodyRef& body) {
  using mail::imap::HeadingView;
  if (const auto kept = find(headings_, store::Table::headings, mailbox::keys::summary(body)))
    if (auto view = HeadingView::decode(*kept)) return *view;
  const auto summary = record(body);
  const auto view = summary ? SummaryView::open(*summary) : base::fail("summary", base::errc::not_found);
  if (!view) return std::nullopt;
  made_ = mail::imap::heading_of(*view);
  const auto made = HeadingView::decode(made_);
  return made ? std::optional(*made) : std::nullopt;
}

std::optional<mail::imap::Headings> SummaryReader::pack(mailbox::FolderNumber folder, mailbox::MessageChunk::Number chunk) {
  const auto record = find(packs_, store::Table::heading_packs, mailbox::keys::message_chunk(folder, chunk));
  if (!record) return std::nullopt;
  auto headings = mail::imap::Headings::decode(*record);
  return headings ? std::optional(std::move(*headings)) : std::nullopt;
}

Listing listing_of(const store::Reader& reader, const store::BodySource& bodies, mailbox::AccountNumber account,
                   const mailbox::Message& message) {
  if (message.version == 1) return {message.from, message.subject};
  const auto record = summary_of(reader, bodies, account, message.body);
  if (!record) return {};
  const auto view = SummaryView::open(*record);
  const auto envelope = view ? view->envelope() : std::nullopt;
  if (!envelope) return {};
  mail::imap::EnvelopeView fields(*envelope);
  Listing listing;
  listing.subject = fields.text(mail::imap::EnvelopeField::subject).str();
  auto addresses = fields.addresses(mail::imap::EnvelopeField::from);
  if (const auto first = addresses.next()) listing.from = first->address();
  return listing;
}

}  // namespace understudy::archive

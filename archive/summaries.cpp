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
    if (sealed) sealed->set_summary(mail::imap::encode(maker_.finish()));
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

}  // namespace

std::unique_ptr<store::BodyWriter> summarised(std::unique_ptr<store::BodyWriter> writer) {
  return std::make_unique<SummarisedBody>(std::move(writer));
}

base::Result<std::string> summary_of(const store::Reader& reader, const store::BodySource& bodies,
                                     mailbox::AccountNumber account, const store::BodyRef& body, Want want) {
  auto kept = reader.get(mailbox::shard_of(account), store::Table::summaries, mailbox::keys::summary(body));
  if (!kept) return std::unexpected(kept.error());
  if (*kept) {
    const auto view = SummaryView::open(**kept);
    if (view && (want == Want::any || view->is_whole()) && view->facts().size == body.size) return std::move(**kept);
  }
  auto summary = summarise(bodies, body);
  if (!summary) return std::unexpected(summary.error());
  return mail::imap::encode(*summary,
                            want == Want::whole ? std::numeric_limits<std::uint32_t>::max() : mail::imap::longest_record);
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

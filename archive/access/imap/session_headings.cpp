#include "archive/access/imap/session.hpp"
#include "archive/summaries.hpp"

namespace understudy::archive::access::imap {

using mail::imap::Headings;

/// With a row for the message, and for those around it, which are asked for next. nullptr: the server is stopping, or the
/// client has gone.
net::Task<HeadingCache::Kept> Session::headings(SummaryReader& summaries, const mailbox::Item& item) {
  using mailbox::MessageChunk;
  const HeadingCache::Key key{selected_->account().number(), selected_->folder(), MessageChunk::number_of(item.uid)};
  auto kept = services_.counts.headings.find(key);
  if (kept && kept->row(item.uid)) co_return kept;
  const auto most = settings_->options.heading_memory;
  if (auto pack = summaries.pack(key.folder, key.chunk); pack && pack->row(item.uid)) {
    auto read = std::make_shared<const Headings>(std::move(*pack));
    services_.counts.headings.keep(key, read, most);
    co_return read;
  }
  auto made = std::make_shared<Headings>();
  // Of the whole folder, also where an auditor sees some days of it: what is kept is for all who have it open.
  const auto image = selected_->account_ptr()->image(key.folder);
  if (!image || !(*image)->find(item.uid)) {  // of one that has gone meanwhile, and is still shown
    made->add(item.uid, summaries.heading(item.body()));
    co_return made;
  }
  for (auto i = (*image)->lower_bound(MessageChunk::first_uid(key.chunk)); i < (*image)->size(); ++i) {
    const auto& each = (*image)->at(i);
    if (each.uid > MessageChunk::last_uid(key.chunk)) break;
    made->add(each.uid, summaries.heading(each.body()));
    if (!turns_.is_over()) continue;
    summaries.rest();
    const bool goes_on = co_await take_turns_while_heard();
    if (!goes_on) co_return nullptr;
  }
  made->shrink();
  services_.counts.headings.keep(key, made, most);
  if ((*image)->last_uid() > MessageChunk::last_uid(key.chunk)) services_.packs.offer(key, made);
  co_return made;
}

}  // namespace understudy::archive::access::imap

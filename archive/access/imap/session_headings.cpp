#include "archive/access/imap/session.hpp"
#include "archive/summaries.hpp"

namespace understudy::archive::access::imap {

using mail::imap::Headings;

/// With a row for the message, and for those around it, which are asked for next. nullptr: the server is stopping, or the
/// client has gone.
net::Task<HeadingCache::Kept> Session::headings(SummaryReader& summaries, const mailbox::Item& item) {
  const HeadingCache::Key key{selected_->account().number(), selected_->folder(), HeadingCache::part_of(item.uid)};
  auto kept = services_.counts.headings.find(key);
  if (kept && kept->row(item.uid)) co_return kept;
  auto made = std::make_shared<Headings>();
  // Of the whole folder, also where an auditor sees some days of it: what is kept is for all who have it open.
  const auto image = selected_->account_ptr()->image(key.folder);
  if (!image || !(*image)->find(item.uid)) {  // of one that has gone meanwhile, and is still shown
    made->add(item.uid, summaries.heading(item.body()));
    co_return made;
  }
  for (auto i = (*image)->lower_bound(HeadingCache::first_of(key.part)); i < (*image)->size(); ++i) {
    const auto& each = (*image)->at(i);
    if (each.uid > HeadingCache::last_of(key.part)) break;
    made->add(each.uid, summaries.heading(each.body()));
    if (!turns_.is_over()) continue;
    summaries.rest();
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return nullptr;
  }
  made->shrink();
  services_.counts.headings.keep(key, made, settings_->options.heading_memory);
  co_return made;
}

}  // namespace understudy::archive::access::imap

#include "archive/mailbox/image_window.hpp"

namespace understudy::archive::mailbox {

std::shared_ptr<const Image> ImageWindow::of(const std::shared_ptr<const Image>& whole) {
  if (whole == whole_) return shown_;
  ImageEditor editor;
  auto& numbers = editor.numbers();
  numbers.uid_validity = whole->uid_validity;
  numbers.uid_next = whole->uid_next;
  numbers.modseq = whole->modseq;
  numbers.highest = whole->highest;
  numbers.unknown_from = whole->unknown_from;
  numbers.unknown_to = whole->unknown_to;
  numbers.removed = whole->removed;
  whole->each(0, whole->size(), [&](std::size_t, const Item& item) {
    if (shows_(item)) editor.put(item);
  });
  whole_ = whole;
  shown_ = editor.take();
  return shown_;
}

}  // namespace understudy::archive::mailbox

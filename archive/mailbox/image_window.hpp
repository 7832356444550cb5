/// A folder as somebody sees it who may see some of its messages alone: an image that has only these. Never does I/O.
#pragma once

#include <functional>
#include <memory>

#include "archive/mailbox/image.hpp"

namespace understudy::archive::mailbox {

/// One thread at a time. Numbers of the folder (UIDVALIDITY, UIDNEXT, MODSEQ) stay those of the whole.
class ImageWindow {
 public:
  /// Whether a message is shown: by what never changes of it.
  using Shows = std::function<bool(const Item&)>;
  explicit ImageWindow(Shows shows) : shows_(std::move(shows)) {}

  /// Linear in the messages of the folder; the same object for the same image as the last time.
  std::shared_ptr<const Image> of(const std::shared_ptr<const Image>& whole);

 private:
  const Shows shows_;
  std::shared_ptr<const Image> whole_, shown_;  ///< of the last time
};

}  // namespace understudy::archive::mailbox

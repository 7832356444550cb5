#include "archive/mailbox/image_window.hpp"

using namespace understudy;
using namespace understudy::archive::mailbox;

namespace {

std::shared_ptr<const Image> image_of(Uid messages) {
  ImageEditor editor;
  for (Uid uid = 1; uid <= messages; ++uid) {
    Item item;
    item.uid = uid;
    item.size = uid * 10;
    editor.put(item);
  }
  editor.numbers().uid_validity = 7;
  editor.numbers().uid_next = messages + 5;
  editor.numbers().modseq = 11;
  editor.numbers().highest = 9;
  return editor.take();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_window_shows_the_messages_that_it_is_to_show_and_no_other) {
  for (const Uid messages : {0u, 1u, 2u, 255u, 256u, 257u, 1000u}) {
    ImageWindow window([](const Item& item) { return item.uid % 3 == 0; });
    const auto shown = window.of(image_of(messages));
    BOOST_TEST(shown->size() == messages / 3);
    shown->each(0, shown->size(), [&](std::size_t index, const Item& item) {
      BOOST_TEST(item.uid == 3 * (index + 1));
      BOOST_TEST(item.size == item.uid * 10);
    });
  }
}

BOOST_AUTO_TEST_CASE(the_numbers_of_a_folder_are_the_same_through_a_window) {
  ImageWindow window([](const Item&) { return false; });
  const auto shown = window.of(image_of(10));
  BOOST_TEST(shown->size() == 0u);
  BOOST_TEST(shown->uid_validity == 7u);
  BOOST_TEST(shown->uid_next == 15u);
  BOOST_TEST(shown->modseq == 11u);
  BOOST_TEST(shown->highest == 9u);
  ImageEditor of_a_later_life;
  of_a_later_life.numbers().unknown_from = 5;
  of_a_later_life.numbers().unknown_to = 8;
  const auto later = window.of(of_a_later_life.take());
  BOOST_TEST(later->known(4) == 4u);
  BOOST_TEST(later->known(5) == 0u);
  BOOST_TEST(later->known(8) == 8u);
}

BOOST_AUTO_TEST_CASE(the_same_image_is_shown_as_the_same_one_and_another_as_it_is) {
  ImageWindow window([](const Item& item) { return item.uid > 1; });
  const auto whole = image_of(4);
  const auto shown = window.of(whole);
  BOOST_TEST(window.of(whole) == shown);
  BOOST_TEST(window.of(image_of(5))->size() == 4u);
  BOOST_TEST(window.of(whole)->size() == 3u);
}

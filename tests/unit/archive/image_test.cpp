/// mailbox/image: images share what they can, and what differs between two of them is what a simple model says.
#include "archive/mailbox/image.hpp"

#include <algorithm>
#include <map>
#include <random>

using namespace understudy;
using namespace understudy::archive::mailbox;

namespace {

using Model = std::map<Uid, ModSeq>;

Item item(Uid uid, ModSeq modseq) {
  Item made;
  made.uid = uid;
  made.modseq = modseq;
  return made;
}

Model model_of(const Image& image) {
  Model model;
  image.each(0, image.size(), [&](std::size_t, const Item& each) { model[each.uid] = each.modseq; });
  return model;
}

std::shared_ptr<const Image> of(const Model& model) {
  ImageEditor editor;
  for (const auto& [uid, modseq] : model) editor.put(item(uid, modseq));
  return editor.take();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(image)

BOOST_AUTO_TEST_CASE(messages_are_found_by_index_and_by_uid_across_chunks) {
  ImageEditor editor;
  for (Uid uid = 2; uid <= 3000; uid += 2) editor.put(item(uid, 1));
  const auto made = editor.take();
  BOOST_TEST(made->size() == 1500u);
  BOOST_TEST(made->chunks().size() > 3u);
  for (std::size_t index = 0; index < made->size(); ++index) {
    const auto uid = static_cast<Uid>(2 * (index + 1));
    BOOST_TEST_REQUIRE(made->at(index).uid == uid);
    BOOST_TEST_REQUIRE((made->find(uid) == std::optional(index)));
    BOOST_TEST_REQUIRE(made->lower_bound(uid - 1) == index);
    BOOST_TEST_REQUIRE(!made->find(uid - 1));
  }
  BOOST_TEST(made->lower_bound(3001) == 1500u);
  BOOST_TEST(made->last_uid() == 3000u);
  BOOST_TEST(Image().last_uid() == 0u);
}

BOOST_AUTO_TEST_CASE(a_change_shares_all_chunks_but_its_own) {
  ImageEditor first;
  for (Uid uid = 1; uid <= 10'000; ++uid) first.put(item(uid, 1));
  const auto before = first.take();
  ImageEditor second(*before);
  second.put(item(5000, 2));
  const auto after = second.take();
  std::size_t shared = 0;
  for (std::size_t c = 0; c < before->chunks().size(); ++c) shared += before->chunks()[c] == after->chunks()[c];
  BOOST_TEST(shared == before->chunks().size() - 1);
  BOOST_TEST(before->at(4999).modseq == 1u);
  BOOST_TEST(after->at(4999).modseq == 2u);
  const auto differs = difference(*before, *after);
  BOOST_TEST((differs.changed == std::vector<std::size_t>{4999}));
  BOOST_TEST(differs.expunged.empty());
  BOOST_TEST(differs.added == 0u);
}

BOOST_AUTO_TEST_CASE(differences_and_what_is_kept_of_the_gone_are_those_of_a_model) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    Model old_model;
    Uid uid = 1;
    for (int i = 0; i < 1200; ++i) old_model[uid += 1 + random() % 2] = 1;
    const auto old = of(old_model);
    ImageEditor editor(*old);
    Model model = old_model;
    for (std::uint32_t step = random() % 60; step > 0; --step) {
      const Uid any = 1 + random() % (uid + 1);
      if (random() % 3 == 0) {
        BOOST_TEST_REQUIRE(editor.erase(any) == (model.erase(any) == 1));
      } else if (const auto found = model.find(any); found != model.end()) {
        editor.put(item(any, found->second = 2 + random() % 5));
      } else if (random() % 2) {
        model[++uid] = 9;
        editor.put(item(uid, 9));
      }
    }
    const auto now = editor.take();
    BOOST_TEST_REQUIRE((model_of(*now) == model));
    const auto differs = difference(*old, *now);
    std::vector<std::uint32_t> expunged;
    std::vector<std::size_t> changed;
    std::size_t added = 0, index = 0;
    for (const auto& [each, modseq] : old_model)
      if (++index; !model.contains(each)) expunged.insert(expunged.begin(), static_cast<std::uint32_t>(index));
    index = 0;
    for (const auto& [each, modseq] : model) {
      if (!old_model.contains(each)) added += 1;
      if (old_model.contains(each) && old_model[each] != modseq) changed.push_back(index);
      index += 1;
    }
    BOOST_TEST_REQUIRE((differs.expunged == expunged));
    BOOST_TEST_REQUIRE((differs.changed == changed));
    BOOST_TEST_REQUIRE(differs.added == added);
    Model both = model;
    both.insert(old_model.begin(), old_model.end());
    BOOST_TEST_REQUIRE((model_of(*with_the_gone(*old, now)) == both));
  }
}

BOOST_AUTO_TEST_CASE(keyword_lists_have_numbers_and_nobody_without_keywords_has_one) {
  KeywordSets sets;
  BOOST_TEST(sets.number_of({}) == 0u);
  const auto junk = sets.number_of({"$Junk"}), both = sets.number_of({"$Junk", "$Later"});
  BOOST_TEST(junk != both);
  BOOST_TEST(sets.number_of({"$Junk"}) == junk);
  BOOST_TEST((sets.at(both) == std::vector<std::string>{"$Junk", "$Later"}));
  BOOST_TEST(sets.at(65'000).empty());
}

BOOST_AUTO_TEST_SUITE_END()

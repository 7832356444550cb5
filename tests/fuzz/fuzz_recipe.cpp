/// Recipes: damaged octets never crash what reads them, what is taken is written again as the same, and steps have no gap.
#include "archive/store/content/recipe.hpp"
#include "base/bytes.hpp"
#include "fuzz_check.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;
using understudy::tests::must;

namespace {

void check(const Recipe& recipe, std::uint64_t octets) {
  const auto again = Recipe::decode(recipe.encode(), octets);
  must(again && *again == recipe);
  const auto steps = steps_of(recipe, octets);
  if (!steps) return;
  must(steps->size() <= recipe.own.size() + 2 * recipe.shared.size());
  std::uint64_t at = 0;
  for (const Step& step : *steps) {
    must(step.begin == at && step.octets > 0);
    if (step.from == Step::From::own)
      must(step.skip + step.octets <= recipe.own.at(step.index).octets);
    else
      must(step.skip == 0 &&
           step.octets == octets_in_message(recipe.shared.at(step.index).form, recipe.shared[step.index].stored));
    at += step.octets;
  }
  must(at == octets);
}

/// The length that a recipe makes, so that inputs get as far as its steps.
std::uint64_t length_of(const Recipe& recipe) {
  std::uint64_t octets = 0;
  for (const OwnBlock& block : recipe.own) octets += block.octets;
  for (const SharedPart& part : recipe.shared) octets += octets_in_message(part.form, part.stored);
  return octets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::Reader in({reinterpret_cast<const char*>(data), size});
  const std::uint64_t octets = in.varint();
  const std::string_view value = in.rest();
  if (const auto recipe = Recipe::decode(value, octets)) check(*recipe, octets);
  if (const auto recipe = Recipe::decode(value, ~std::uint64_t{0})) check(*recipe, length_of(*recipe));
  return 0;
}

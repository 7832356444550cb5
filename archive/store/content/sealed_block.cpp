#include "archive/store/content/sealed_block.hpp"

#include "base/bytes.hpp"

namespace understudy::archive::store::content {
namespace {

constexpr char sealed_codec = 4;  // behind those of BlockCodec

std::string words_of(const BlockName& name) {
  return base::Writer().u64(name.body.start).u64(name.body.number).u32(name.index).u32(name.octets).take();
}

}  // namespace

std::string seal_block(const base::SecretKey& key, const BlockName& name, std::string_view coded) {
  std::string out;
  out.reserve(1 + coded.size() + base::seal_octets);
  out.push_back(sealed_codec);
  base::seal(key, base::nonce_of(name.index), words_of(name), coded, out);
  return out;
}

bool is_sealed(std::string_view coded) {
  return coded.starts_with(sealed_codec);
}

base::Result<std::string> open_block(const base::SecretKey& key, const BlockName& name, std::string_view sealed) {
  if (!is_sealed(sealed)) return base::fail("block: not encrypted", base::errc::damaged);
  auto coded = base::open(key, base::nonce_of(name.index), words_of(name), sealed.substr(1));
  if (!coded) return base::fail("block", coded.error());
  return coded;
}

}  // namespace understudy::archive::store::content

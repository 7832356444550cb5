#include "archive/journal/timestamp/stamp.hpp"

#include <ctime>
#include <new>
#include <optional>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include "base/bytes.hpp"

namespace understudy::archive::journal::timestamp {
namespace {

constexpr std::uint8_t value_version = 1;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
template <class T, auto free>
using Ptr = std::unique_ptr<T, Free<free>>;
using RequestPtr = Ptr<TS_REQ, TS_REQ_free>;
using ResponsePtr = Ptr<TS_RESP, TS_RESP_free>;
using ImprintPtr = Ptr<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using AlgorithmPtr = Ptr<X509_ALGOR, X509_ALGOR_free>;
using IntegerPtr = Ptr<ASN1_INTEGER, ASN1_INTEGER_free>;
using VerifyPtr = Ptr<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;
using StorePtr = Ptr<X509_STORE, X509_STORE_free>;
using CertificatePtr = Ptr<X509, X509_free>;
using BioPtr = Ptr<BIO, BIO_free>;

/// OpenSSL's setters fail for want of memory alone.
void demand(bool done) {
  if (!done) throw std::bad_alloc();
}
template <class T>
T* demand(T* made) {
  if (!made) throw std::bad_alloc();
  return made;
}

ResponsePtr read_response(std::string_view octets) {
  const auto* at = reinterpret_cast<const unsigned char*>(octets.data());
  const auto* end = at + octets.size();
  ResponsePtr response(d2i_TS_RESP(nullptr, &at, static_cast<long>(octets.size())));
  ERR_clear_error();
  if (at != end) response.reset();
  return response;
}

std::string_view view(const ASN1_STRING* text) {
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), size};
}

bool is_granted(long status) {
  return status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS;
}

/// What the authority says of why not.
std::string reason_of(const TS_STATUS_INFO& info, long status) {
  std::string reason = "status " + std::to_string(status);
  const auto* texts = TS_STATUS_INFO_get0_text(&info);
  if (sk_ASN1_UTF8STRING_num(texts) > 0) reason.append(", ").append(view(sk_ASN1_UTF8STRING_value(texts, 0)));
  return reason;
}

std::optional<base::WallTime> time_of(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return base::WallTime(std::chrono::seconds(timegm(&parts)));
}

std::optional<base::Digest> sha256_of(TS_TST_INFO& info) {
  auto* imprint = TS_TST_INFO_get_msg_imprint(&info);
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  const auto octets = view(TS_MSG_IMPRINT_get_msg(imprint));
  if (OBJ_obj2nid(algorithm) != NID_sha256 || octets.size() != base::Digest().size()) return std::nullopt;
  return base::digest_from(octets);
}

base::Result<Stamp> read_stamp(TS_RESP& response, std::string octets) {
  auto* status_info = TS_RESP_get_status_info(&response);
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status_info));
  if (!is_granted(status)) return base::fail(reason_of(*status_info, status), errc::not_granted);
  auto* info = TS_RESP_get_tst_info(&response);
  if (!info) return base::fail("time stamp", errc::malformed);
  const auto time = time_of(TS_TST_INFO_get_time(info));
  if (!time) return base::fail("its time", errc::malformed);
  const auto imprint = sha256_of(*info);
  if (!imprint) return base::fail("no SHA-256", errc::other_imprint);
  return Stamp{std::move(octets), *time, *imprint};
}

/// What OpenSSL complained of last. The cause lies deepest, so that it comes first.
std::unexpected<base::Error> complaint() {
  errc what = errc::bad_signature;
  std::string text;
  const char* data = nullptr;
  int flags = 0;
  while (const auto code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (ERR_GET_LIB(code) == ERR_LIB_TS && ERR_GET_REASON(code) == TS_R_CERTIFICATE_VERIFY_ERROR) what = errc::untrusted;
    const char* reason = ERR_reason_error_string(code);
    if (text.empty() && reason) text = reason;
    if (data && (flags & ERR_TXT_STRING) && *data) text.append(", ").append(data);
  }
  return base::fail(std::move(text), what);
}

}  // namespace

base::Digest imprint_of(const SignedHead& head) {
  base::Sha256 digest;
  digest.update(head.head.encode());
  digest.update(base::view(head.signature));
  return digest.finish();
}

Query Query::make(const SignedHead& head, base::Random& random) {
  return {imprint_of(head), random.number()};
}

std::string Query::encode() const {
  const RequestPtr request(demand(TS_REQ_new()));
  const ImprintPtr message(demand(TS_MSG_IMPRINT_new()));
  const AlgorithmPtr algorithm(demand(X509_ALGOR_new()));
  const IntegerPtr number(demand(ASN1_INTEGER_new()));
  demand(X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1);
  demand(TS_MSG_IMPRINT_set_algo(message.get(), algorithm.get()) == 1);
  auto digest = imprint;
  demand(TS_MSG_IMPRINT_set_msg(message.get(), digest.data(), static_cast<int>(digest.size())) == 1);
  demand(ASN1_INTEGER_set_uint64(number.get(), nonce) == 1);
  demand(TS_REQ_set_version(request.get(), 1) == 1 && TS_REQ_set_msg_imprint(request.get(), message.get()) == 1);
  demand(TS_REQ_set_nonce(request.get(), number.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1);
  unsigned char* octets = nullptr;
  const int size = i2d_TS_REQ(request.get(), &octets);
  demand(size > 0);
  std::string encoded(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return encoded;
}

base::Result<Stamp> Stamp::parse(std::string response) {
  if (response.size() > max_response) return base::fail("time stamp", errc::too_large);
  const auto read = read_response(response);
  if (!read) return base::fail("time stamp", errc::malformed);
  return read_stamp(*read, std::move(response));
}

std::string Stamp::encode() const {
  return base::Writer(value_version).raw(response).take();
}

base::Result<Stamp> Stamp::decode(std::string_view value) {
  base::Reader in(value);
  const auto version = in.u8();
  if (in.ok() && version > value_version) return base::fail("time stamp", base::errc::unsupported);
  if (!in.ok() || version == 0) return base::fail("time stamp", base::errc::damaged);
  auto stamp = parse(std::string(value.substr(1)));
  if (!stamp) return base::fail("time stamp: " + stamp.error().text(), base::errc::damaged);
  return stamp;
}

struct Roots::Impl {
  StorePtr store;
};

Roots::Roots(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Roots::Roots(Roots&&) noexcept = default;
Roots& Roots::operator=(Roots&&) noexcept = default;
Roots::~Roots() = default;

base::Result<Roots> Roots::from_pem(std::string_view pem) {
  const BioPtr bio(demand(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
  StorePtr store(demand(X509_STORE_new()));
  std::size_t count = 0;
  while (const CertificatePtr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    demand(X509_STORE_add_cert(store.get(), certificate.get()) == 1);
    count += 1;
  }
  const auto last = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (count == 0 || !at_end) return base::fail("certificates in PEM", base::errc::malformed);
  return Roots(std::make_unique<Impl>(std::move(store)));
}

base::Result<Stamp> Roots::check(const Query& query, std::string response) const {
  if (response.size() > max_response) return base::fail("time stamp", errc::too_large);
  const auto read = read_response(response);
  if (!read) return base::fail("time stamp", errc::malformed);
  auto stamp = read_stamp(*read, std::move(response));
  if (!stamp) return stamp;
  if (stamp->imprint != query.imprint) return base::fail("time stamp", errc::other_imprint);
  const auto* nonce = TS_TST_INFO_get_nonce(TS_RESP_get_tst_info(read.get()));
  std::uint64_t number = 0;
  const bool same = nonce && ASN1_INTEGER_get_uint64(&number, nonce) == 1 && number == query.nonce;
  ERR_clear_error();
  if (!same) return base::fail("time stamp", errc::other_nonce);
  const VerifyPtr verify(demand(TS_VERIFY_CTX_new()));
  TS_VERIFY_CTX_set_flags(verify.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_SIGNER);
  demand(X509_STORE_up_ref(impl_->store.get()) == 1);
  TS_VERIFY_CTX_set_store(verify.get(), impl_->store.get());
  if (TS_RESP_verify_response(verify.get(), read.get()) != 1) return complaint();
  ERR_clear_error();
  return stamp;
}

}  // namespace understudy::archive::journal::timestamp

/// A time-stamping authority of RFC 3161 with a root of its own: the openssl program, in a directory of one test.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace understudy::sim {

class TimestampAuthority {
 public:
  /// `digests`: those that it stamps; asked for another one it says no.
  explicit TimestampAuthority(const std::string& digests = "sha256") {
    const std::string made = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj ";
    run("req -x509" + made + "/CN=root -keyout ca.key -out ca.pem");
    certify("tsa.pem", " -addext extendedKeyUsage=critical,timeStamping -keyout tsa.key" + made);
    dir_.write("serial", "01\n");
    dir_.write("tsa.cnf",
               "[tsa]\ndefault_tsa = this\n[this]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\n"
               "signer_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = " +
                   digests + "\ness_cert_id_alg = sha256\n");
  }

  /// The answer to a TimeStampReq, both in DER.
  std::string answer(const std::string& query) const {
    dir_.write("query", query);
    run("ts -reply -config tsa.cnf -queryfile query -out answer");
    return read("answer");
  }
  /// A certificate of the same key, name and number that is not for time stamps: PEM.
  std::string certificate_for_nothing() const {
    certify("plain.pem", " -key tsa.key -subj ");
    return read("plain.pem");
  }
  std::string roots() const { return read("ca.pem"); }
  /// What the program says; throws where it fails.
  std::string run(const std::string& words) const {
    const std::string command = "cd " + dir_.path().string() + " && openssl " + words + " >said 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl " + words + ": " + read("said"));
    return read("said");
  }
  const TempDir& directory() const { return dir_; }

 private:
  void certify(const std::string& file, const std::string& words) const {
    run("req -x509 -CA ca.pem -CAkey ca.key -set_serial 7 -out " + file + words + "/CN=authority");
  }
  std::string read(const std::string& name) const {
    std::ifstream in(dir_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TempDir dir_;
};

}  // namespace understudy::sim

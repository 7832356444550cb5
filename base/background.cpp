#include "base/background.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace understudy::base {
namespace {
constexpr int lowest_priority = 19;
}

void become_background(const char* name) {
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), lowest_priority));
  static_cast<void>(::pthread_setname_np(::pthread_self(), name));
}

}  // namespace understudy::base

/// Threads whose work nobody waits for.
#pragma once

namespace understudy::base {

/// Gives the calling thread the lowest priority and a name of 15 characters at most, as `top` and debuggers show it. Linux
/// gives each thread a priority of its own; elsewhere it runs like the others. Cannot be undone without rights, so: a thread's
/// first act.
void become_background(const char* name);

}  // namespace understudy::base

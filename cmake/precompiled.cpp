// Nothing: the target of a precompiled header needs a source; see understudy.cmake.

// What ThreadSanitizer is not to tell, in every program of the preset `tsan`. Libraries of the system are not instrumented:
// how their threads wait for one another is not seen, and what one of them has written looks like a race where we read it.
extern "C" const char* __tsan_default_suppressions() {
  return "race:grpc::internal::\n"  // inlined from its headers
         "race:grpc::experimental::\n"
         "race:grpc::CompletionQueue\n"
         "race:libgrpc.so\n"
         "race:libgrpc++.so\n"
         "race:libgpr.so\n"
         "race:libabsl\n"
         "race:libavcodec.so\n"
         "race:libavutil.so\n"
         "race:libonnxruntime.so\n"
         "race:libsrt\n"
         "race:swrast_dri.so\n";
}

// What they write into memory by the system's own functions is not looked at: frames come so, over gRPC, and each of their
// bytes would be a race of its own that takes its time to be told apart.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }

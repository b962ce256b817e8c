// Reads the threads of a core file by way of LLDB.

#include "CoreReader.h"

#include <cstdio>
#include <string>

#include <lldb/API/LLDB.h>

using namespace lldb;

namespace {

/// Values longer than this are cut, in bytes.
constexpr size_t valueLimit = 120;

std::string valueText(SBValue value) {
  const char *number = value.GetValue(), *summary = value.GetSummary();
  std::string text = number ? number : "";
  if (summary)
    text += (text.empty() ? "" : " ") + std::string(summary);
  if (text.empty())
    text = value.GetError().Fail() ? "?" : "{…}";
  if (text.size() > valueLimit)
    text = text.substr(0, valueLimit) + "…";
  return text;
}

std::string argumentText(SBFrame frame) {
  std::string text;
  SBValueList values = frame.GetVariables(/*arguments=*/true, /*locals=*/false, /*statics=*/false,
                                          /*in_scope_only=*/true, eNoDynamicValues);
  for (uint32_t i = 0; i < values.GetSize(); ++i) {
    SBValue value = values.GetValueAtIndex(i);
    const char *name = value.GetName();
    text += (text.empty() ? "" : ", ") + std::string(name ? name : "") + "=" + valueText(value);
  }
  return text;
}

void tell(SBThread thread, SBFrame frame, lldb_core_frame *each, void *context) {
  SBLineEntry line = frame.GetLineEntry();
  std::string file, arguments;
  if (line.IsValid()) {
    char path[4096];
    SBFileSpec spec = line.GetFileSpec();
    if (spec.GetPath(path, sizeof path) > 0)
      file = path;
  }
  // Only functions with debug info have arguments.
  const char *function = frame.GetDisplayFunctionName();
  std::string name = function ? function : "";
  if (frame.GetFunction().IsValid() || frame.IsInlined()) {
    arguments = argumentText(frame);
    // The display name of a C++ function holds its parameters' types.
    const char *plain = frame.GetFunctionName();
    name = plain ? plain : name;
  }
  const char *texts[] = {
      frame.GetModule().GetFileSpec().GetFilename(), name.empty() ? nullptr : name.c_str(),
      file.empty() ? nullptr : file.c_str(), frame.GetFunction().IsValid() ? arguments.c_str() : nullptr};
  each(
      context, thread.GetThreadID(), frame.GetFrameID(), frame.GetPC(), frame.IsInlined(), texts,
      file.empty() ? 0 : line.GetLine(), file.empty() ? 0 : line.GetColumn());
}

/// Carries out the commands; what they print goes nowhere, but for errors, which are returned.
std::string source(SBDebugger debugger, const char *script) {
  SBCommandInterpreterRunOptions options;
  options.SetStopOnError(true);
  options.SetEchoCommands(false);
  SBCommandReturnObject result;
  SBFileSpec file(script);
  SBExecutionContext context;
  FILE *nowhere = fopen("/dev/null", "w");
  debugger.SetOutputFileHandle(nowhere, false);
  debugger.SetErrorFileHandle(nowhere, false);
  debugger.GetCommandInterpreter().HandleCommandsFromFile(file, context, options, result);
  const char *error = result.GetError();
  // The streams stay open: LLDB's threads may write still.
  return result.Succeeded() ? "" : error ? error : "the script failed";
}

} // namespace

bool lldb_core_read(
    const char *script, uint32_t frameLimit, lldb_core_frame *each, void *context, char *error, size_t capacity) {
  SBError initialized = SBDebugger::InitializeWithErrorHandling();
  if (initialized.Fail()) {
    snprintf(error, capacity, "%s", initialized.GetCString());
    return false;
  }
  // Nobody's init files: the report is to be the same for everybody.
  SBDebugger debugger = SBDebugger::Create(/*source_init_files=*/false);
  debugger.SetAsync(false);
  std::string failure = source(debugger, script);
  SBProcess process = debugger.GetSelectedTarget().GetProcess();
  if (!process.IsValid() || process.GetNumThreads() == 0) {
    snprintf(error, capacity, "%s", failure.empty() ? "LLDB finds no threads in the core file" : failure.c_str());
    return false;
  }
  for (uint32_t i = 0; i < process.GetNumThreads(); ++i) {
    SBThread thread = process.GetThreadAtIndex(i);
    for (uint32_t number = 0; number < frameLimit; ++number) {
      // Asking for their number would unwind all of an overflown stack.
      SBFrame frame = thread.GetFrameAtIndex(number);
      if (!frame.IsValid())
        break;
      tell(thread, frame, each, context);
    }
  }
  // LLDB is left as it is, for this process is about to end.
  return true;
}

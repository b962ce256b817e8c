// Runs LLDB's command interpreter in this process the way LLDB's own driver does: init files, command files, commands,
// then the prompt. What commands print in batch mode is the driver's output, byte for byte (a test compares them).

#include "LLDBBridge.h"

#include "SignalLoop.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

#include <lldb/API/LLDB.h>

using namespace lldb;

namespace {

/// Restores a terminal's settings, whatever line editor or inferior changed them in between.
class TerminalState {
public:
  explicit TerminalState(int descriptor) : descriptor_(descriptor), valid_(tcgetattr(descriptor, &saved_) == 0) {}
  ~TerminalState() {
    if (valid_)
      tcsetattr(descriptor_, TCSANOW, &saved_);
  }

private:
  int descriptor_;
  struct termios saved_;
  bool valid_;
};

struct Request {
  std::vector<std::string> sources, commands;
  std::string greeting;
  int input;
  uint32_t flags;
  bool has(lldb_session_flag flag) const { return flags & flag; }
};

struct Outcome {
  lldb_session_end end = LLDB_SESSION_END_QUIT;
  int quitStatus = 0;
  int crashSignal = 0;
};

class Session {
public:
  explicit Session(const Request &request)
      : request_(request), debugger_(SBDebugger::Create(false)), interpreter_(debugger_.GetCommandInterpreter()) {
    debugger_.SetErrorFileHandle(stderr, false);
    debugger_.SetOutputFileHandle(stdout, false);
    debugger_.SkipLLDBInitFiles(false);
    debugger_.SkipAppInitFiles(false);
    debugger_.SetShowInlineDiagnostics(true);
    interpreter_.AllowExitCodeOnQuit(true);
    if (request.has(LLDB_SESSION_FLAG_KILL_AT_END))
      interpreter_.SetPromptOnQuit(false);
    const char *noColor = getenv("NO_COLOR");
    if (noColor && *noColor)
      debugger_.SetUseColor(false);
    updateWindowSize();
  }

  ~Session() {
    // A program stopped by a crash is let go, to die of it: its end then tells what really happened.
    if (request_.has(LLDB_SESSION_FLAG_KILL_AT_END) && !isFatal(stopSignal()))
      killAll();
    SBDebugger::Destroy(debugger_);
  }

  /// Called on the signal thread while `run` is in progress.
  void handle(int signal) {
    switch (signal) {
    case SIGINT:
      interrupt();
      break;
    case SIGWINCH:
      updateWindowSize();
      break;
    case SIGTSTP:
      stopSelf();
      break;
    case SIGHUP:
    case SIGTERM:
      leave(signal);
      break;
    }
  }

  Outcome run() {
    sourceInitFiles();
    startListening();
    // Commands that resume the program must not return before it stops again.
    bool wasAsync = debugger_.GetAsync();
    debugger_.SetAsync(false);
    isSynchronous_ = true;
    Outcome outcome;
    bool goOn = runSources(outcome) && runCommands(outcome);
    isSynchronous_ = false;
    debugger_.SetAsync(wasAsync);
    if (goOn && !request_.has(LLDB_SESSION_FLAG_BATCH))
      runPrompt();
    outcome.quitStatus = interpreter_.GetQuitStatus();
    return outcome;
  }

private:
  /// Stops the program if it runs, and else what the prompt is at.
  void interrupt() {
    if (isSynchronous_)
      return interruptSynchronous();
    debugger_.DispatchInputInterrupt();
    // If `continue` was not quite over, it alone was interrupted. Asking for the state waits for its end.
    SBProcess process = selectedProcess();
    if (SBDebugger::StateIsRunningState(process.GetState()))
      process.SendAsyncInterrupt();
  }

  /// A command that waits for the program to stop is not reached by the driver's way of interrupting. Whether one does
  /// cannot be asked, as it holds the lock; so the first Ctrl-C is for the program, and one soon after for the command.
  void interruptSynchronous() {
    SBProcess process = selectedProcess();
    auto now = std::chrono::steady_clock::now();
    bool isFirst = now - lastInterrupt_ > std::chrono::seconds(1);
    lastInterrupt_ = now;
    if (process.IsValid() && isFirst)
      process.SendAsyncInterrupt();
    else
      debugger_.DispatchInputInterrupt();
  }

  void sourceInitFiles() {
    SBCommandReturnObject result;
    interpreter_.SourceInitFileInGlobalDirectory(result);
    interpreter_.SourceInitFileInHomeDirectory(result, /*is_repl=*/false);
    // Only the last is printed: it may hold the warning that a .lldbinit in the working directory was not read.
    interpreter_.SourceInitFileInCurrentWorkingDirectory(result);
    result.PutError(debugger_.GetErrorFile());
    result.PutOutput(debugger_.GetOutputFile());
  }

  /// LLDB tells when a pending breakpoint has found its code, but only for targets that are created while it listens for
  /// events; and it listens from the first use of its interpreter on.
  void startListening() {
    SBCommandInterpreterRunOptions options;
    options.SetAutoHandleEvents(true);
    options.SetSpawnThread(false);
    options.SetEchoCommands(false);
    options.SetPrintResults(false);
    if (debugger_.SetInputString("# listen\n").Success())
      debugger_.RunCommandInterpreter(options);
  }

  bool runSources(Outcome &outcome) {
    for (const std::string &path : request_.sources)
      source(path);
    if (request_.has(LLDB_SESSION_FLAG_REQUIRE_PROCESS) && !isAlive(selectedProcess())) {
      outcome.end = LLDB_SESSION_END_NO_PROCESS;
      return false;
    }
    if (!request_.greeting.empty())
      fprintf(stderr, "%s\n", request_.greeting.c_str());
    return true;
  }

  void source(const std::string &path) {
    SBFileSpec file(path.c_str());
    SBExecutionContext context;
    SBCommandInterpreterRunOptions options;
    options.SetStopOnError(true);
    options.SetEchoCommands(false);
    SBCommandReturnObject result;
    // Some commands and every stop are printed whatever the options say, so the output goes nowhere meanwhile. It stays open:
    // LLDB's other threads, and scripts, may hold on to it, and a program that is started now prints by it ever after.
    static FILE *const quiet = fopen("/dev/null", "w");
    if (quiet)
      redirect(quiet, open("/dev/null", O_WRONLY | O_CLOEXEC));
    debugger_.SetOutputFileHandle(quiet ? quiet : stdout, false);
    interpreter_.HandleCommandsFromFile(file, context, options, result);
    debugger_.SetOutputFileHandle(stdout, false);
    if (quiet)
      redirect(quiet, dup(STDOUT_FILENO));
  }

  /// Has a stream write to another descriptor from now on, which is taken over.
  static void redirect(FILE *stream, int descriptor) {
    if (descriptor < 0)
      return;
    fflush(stream);
    dup3(descriptor, fileno(stream), O_CLOEXEC);
    close(descriptor);
  }

  bool runCommands(Outcome &outcome) {
    std::string lines;
    for (const std::string &command : request_.commands)
      lines += command + "\n";
    return lines.empty() || interpret(lines, outcome);
  }

  /// Runs lines as if they were typed; false if the debugger shall not read on.
  bool interpret(const std::string &lines, Outcome &outcome) {
    SBError error = debugger_.SetInputString(lines.c_str());
    if (error.Fail()) {
      fprintf(stderr, "error: %s\n", error.GetCString());
      outcome.end = LLDB_SESSION_END_COMMAND_ERROR;
      return false;
    }
    bool batch = request_.has(LLDB_SESSION_FLAG_BATCH);
    SBCommandInterpreterRunOptions options;
    options.SetAutoHandleEvents(true);
    options.SetSpawnThread(false);
    options.SetStopOnError(true);
    options.SetStopOnCrash(batch);
    options.SetEchoCommands(true);
    switch (debugger_.RunCommandInterpreter(options).GetResult()) {
    case eCommandInterpreterResultQuitRequested:
      return false;
    case eCommandInterpreterResultCommandError:
      if (batch)
        outcome.end = LLDB_SESSION_END_COMMAND_ERROR;
      return !batch;
    case eCommandInterpreterResultInferiorCrash:
      outcome.end = LLDB_SESSION_END_CRASH;
      outcome.crashSignal = stopSignal();
      // The driver would turn to its user here. Nobody is there: show what everybody would ask for.
      options.SetStopOnCrash(false);
      if (debugger_.SetInputString("thread backtrace\n").Success())
        debugger_.RunCommandInterpreter(options);
      return false;
    case eCommandInterpreterResultSuccess:
      break;
    }
    return true;
  }

  void runPrompt() {
    FILE *input = fdopen(dup(request_.input), "r");
    if (!input) {
      fprintf(stderr, "error: cannot read commands: %s\n", strerror(errno));
      return;
    }
    // Unbuffered, like the driver's: what LLDB does not consume stays for whoever reads next.
    setbuf(input, nullptr);
    TerminalState terminal(request_.input);
    debugger_.SetInputFileHandle(input, false);
    updateWindowSize();
    debugger_.RunCommandInterpreter(/*auto_handle_events=*/true, /*spawn_thread=*/false);
    debugger_.SetInputString("");
    fclose(input);
  }

  void updateWindowSize() {
    struct winsize size;
    if (request_.input < 0 || ioctl(request_.input, TIOCGWINSZ, &size) != 0)
      return;
    if (size.ws_col > 0)
      debugger_.SetTerminalWidth(size.ws_col);
    if (size.ws_row > 0)
      debugger_.SetTerminalHeight(size.ws_row);
  }

  /// Ctrl-Z: the terminal goes back to the shell as the shell left it, and to LLDB as LLDB left it.
  void stopSelf() {
    debugger_.SaveInputTerminalState();
    takeByDefault(SIGTSTP);
    debugger_.RestoreInputTerminalState();
    updateWindowSize();
  }

  static void takeByDefault(int signal) {
    struct sigaction standard = {}, ours;
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, &ours);
    // Blocked in this thread: the whole process is to take it, here and now.
    sigset_t one, old;
    sigemptyset(&one);
    sigaddset(&one, signal);
    raise(signal);
    pthread_sigmask(SIG_UNBLOCK, &one, &old);
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    sigaction(signal, &ours, nullptr);
  }

  /// The terminal has gone, or somebody ends this process. A program that is to live on would die of the breakpoints left
  /// in it.
  void leave(int signal) {
    if (!request_.has(LLDB_SESSION_FLAG_KILL_AT_END)) {
      // If LLDB does not get there, this process ends all the same.
      alarm(5);
      for (uint32_t i = 0; i < debugger_.GetNumTargets(); ++i)
        detach(debugger_.GetTargetAtIndex(i).GetProcess());
    }
    takeByDefault(signal);
  }

  /// Detaching halts a program that runs, but fails while that stops by itself, again and again, for a condition that does
  /// not hold. An interrupt gets through.
  static void detach(SBProcess process) {
    for (int attempt = 0; attempt < 40 && isAlive(process); ++attempt) {
      if (SBDebugger::StateIsRunningState(process.GetState())) {
        process.SendAsyncInterrupt();
        usleep(100000);
      } else if (process.Detach().Success()) {
        return;
      }
    }
  }

  SBProcess selectedProcess() { return debugger_.GetSelectedTarget().GetProcess(); }

  static bool isAlive(SBProcess process) {
    switch (process.GetState()) {
    case eStateInvalid:
    case eStateUnloaded:
    case eStateDetached:
    case eStateExited:
      return false;
    default:
      return true;
    }
  }

  int stopSignal() {
    SBProcess process = selectedProcess();
    for (uint32_t i = 0; i < process.GetNumThreads(); ++i) {
      SBThread thread = process.GetThreadAtIndex(i);
      if (thread.GetStopReason() == eStopReasonSignal)
        return static_cast<int>(thread.GetStopReasonDataAtIndex(0));
    }
    return 0;
  }

  static bool isFatal(int signal) {
    switch (signal) {
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGSEGV:
    case SIGSYS:
      return true;
    default:
      return false;
    }
  }

  void killAll() {
    for (uint32_t i = 0; i < debugger_.GetNumTargets(); ++i) {
      SBProcess process = debugger_.GetTargetAtIndex(i).GetProcess();
      if (isAlive(process))
        process.Kill();
    }
  }

  const Request &request_;
  SBDebugger debugger_;
  SBCommandInterpreter interpreter_;
  std::atomic<bool> isSynchronous_{false};
  /// Of the signal thread alone.
  std::chrono::steady_clock::time_point lastInterrupt_{};
};

std::vector<std::string> strings(const char *const *items, size_t count) {
  return items ? std::vector<std::string>(items, items + count) : std::vector<std::string>();
}

/// Waits for LLDB's background work, such as writing its index cache, and says so if that takes long.
void terminate() {
  auto done = std::async(std::launch::async, [] { SBDebugger::Terminate(); });
  if (done.wait_for(std::chrono::seconds(1)) == std::future_status::timeout)
    fprintf(stderr, "Waiting for background tasks to complete...\n");
  done.wait();
}

/// Starts LLDB once, whoever comes first; others wait for it.
SBError &initialize() {
  static SBError error = SBDebugger::InitializeWithErrorHandling();
  return error;
}

} // namespace

void lldb_session_prepare(void) {
  if (initialize().Fail())
    return;
  // Python's start takes as long as LLDB's own.
  SBDebugger debugger = SBDebugger::Create(false);
  SBCommandReturnObject result;
  debugger.GetCommandInterpreter().HandleCommand("script None", result);
  SBDebugger::Destroy(debugger);
}

int32_t lldb_session_run(
    const char *const *sources, size_t sourceCount, const char *const *commands, size_t commandCount,
    const char *greeting, int32_t input, uint32_t flags, int32_t *quitStatus, int32_t *crashSignal, char *error,
    size_t errorCapacity) {
  // The line editor asks the locale which characters can be shown.
  setlocale(LC_ALL, "");
  if (initialize().Fail()) {
    snprintf(error, errorCapacity, "%s", initialize().GetCString());
    return LLDB_SESSION_END_FAILED;
  }
  SBDebugger::PrintDiagnosticsOnError();

  Request request{
      strings(sources, sourceCount), strings(commands, commandCount), greeting ? greeting : "", input, flags};
  Outcome outcome;
  {
    Session session(request);
    SignalLoop signals([&session](int signal) { session.handle(signal); });
    outcome = session.run();
  }
  terminate();
  *quitStatus = outcome.quitStatus;
  *crashSignal = outcome.crashSignal;
  return outcome.end;
}

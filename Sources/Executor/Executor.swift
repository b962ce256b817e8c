import Wire
import ExecutorSystem

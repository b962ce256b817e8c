<?php
// Keeps PHP's JIT busy until it is killed.
function twice($n) {
  $sum = 0;
  for ($i = 0; $i < 1000; $i++) {
    $sum += $n;
  }
  return $sum;
}
for ($i = 0;; $i++) {
  twice($i);
  if ($i == 1000) {
    echo "ready\n";
  }
  if ($i > 1000) {
    usleep(50000);
  }
}

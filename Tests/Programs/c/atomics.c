// C11 atomics of every lock-free size, compare-exchange loops, and a lock-free list shared by threads.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_int counter;
static atomic_ullong mask;
static atomic_flag flag = ATOMIC_FLAG_INIT;
struct node { struct node *next; int value; };
static _Atomic(struct node *) head;
static struct node nodes[4][250];

static void *work(void *argument) {
  long me = (long)argument;
  for (int i = 0; i < 250; i++) {
    atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    atomic_fetch_or(&mask, 1ull << (me * 16 + i % 16));
    struct node *n = &nodes[me][i];
    n->value = i;
    n->next = atomic_load(&head);
    while (!atomic_compare_exchange_weak(&head, &n->next, n)) {
    }
  }
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  for (long i = 0; i < 4; i++)
    pthread_create(&threads[i], NULL, work, (void *)i);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  long sum = 0;
  for (struct node *n = head; n; n = n->next)
    sum += n->value;
  printf("%d %llx %ld\n", counter, mask, sum);
  _Atomic short s = 5;
  _Atomic char c = 7;
  printf("%d %d %d %d\n", atomic_exchange(&s, 9), s, atomic_fetch_xor(&c, 3), c);
  printf("%d %d\n", atomic_flag_test_and_set(&flag), atomic_flag_test_and_set(&flag));
  return 0;
}

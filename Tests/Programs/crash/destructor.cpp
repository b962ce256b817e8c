// Crashes after main, in a destructor.
struct Holder {
  int *place = nullptr;
  ~Holder() {
    *place = 1; // @crash
  }
};
static Holder holder;
int main() { return holder.place != nullptr; }

// The order of lists, for as long as the page is open.

import { NEWEST, type Order } from "../store/query.ts";

class Orders {
  now = $state.raw<Order>(NEWEST);

  set(order: Order): void {
    this.now = order;
  }
}

export const order = new Orders();

// Stands for a VPC service or another Worker: whatever is asked of it goes to the gateway, which nobody else can reach.
export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(`${env.TARGET}${pathname}${search}`, request));
  },
};

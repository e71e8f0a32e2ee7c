import { pageConfig } from '@pinwheel/page/vite';

export default pageConfig({
  page: 'visitor',
  html: [new URL('index.html', import.meta.url), new URL('classic.html', import.meta.url)],
  proxy: { '/socket.io': { target: 'http://127.0.0.1:3102', ws: true } },
});

// The few symbols of the pages. Decoration only: the words stand beside them.
const paths = {
  home: 'M3 11.5 12 4l9 7.5M5.5 10v9.5h13V10M10 19.5v-5h4v5',
  chart: 'M4 4v16h16M8 16v-5M12.5 16V7M17 16v-8',
  building: 'M5 20.5V4.5h9v16M14 9.5h5v11M3 20.5h18M8 8.5h3M8 12.5h3M8 16.5h3M12 2v0',
  inbox: 'M4 13.5 6.5 5h11l2.5 8.5v5.5H4zM4 13.5h5l1 2.5h4l1-2.5h5',
  book: 'M5 4.5h11a3 3 0 0 1 3 3v12H8a3 3 0 0 1-3-3zM5 16.5a3 3 0 0 1 3-3h11',
  download: 'M12 4v11M7.5 11 12 15.5 16.5 11M4.5 19.5h15',
  columns: 'M4 5h16v14H4zM9.5 5v14M14.5 5v14',
  list: 'M4 6.5l1.5 1.5L8 5.5M4 13l1.5 1.5L8 12M4 19.5l1.5 1.5L8 18.5M11 7h9M11 13.5h9M11 20h9',
  info: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 11v5.5M12 7.6v.4',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4',
  library: 'M4.5 4.5h4v15h-4zM8.5 4.5h4v15h-4zM13.5 5.5l3.8-1 3.7 14-3.8 1z',
  form: 'M5 4.5h14v15H5zM8 9h8M8 12.5h8M8 16h5',
  paper: 'M6 3.5h8.5L19 8v12.5H6zM14 3.5V8.5h5M9 12h7M9 15h7M9 18h4',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2',
  upload: 'M12 16V5M7.5 9 12 4.5 16.5 9M4.5 19.5h15',
} as const

export function Icon({ name, size = 16 }: { name: keyof typeof paths; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ verticalAlign: '-0.18em', flex: 'none' }}
    >
      <path d={paths[name]} />
    </svg>
  )
}

package bolt

import (
	"fmt"
	"os"
)

func init() {
	if os.Getenv("DBG") != "" {
		dbg = func(s *Store) {
			st := s.db.Stats()
			fmt.Fprintln(os.Stderr, "commits", s.commits, "changes", s.changes, "writes", st.TxStats.GetWrite(), "pages", st.TxStats.GetPageCount(), "writetime", st.TxStats.GetWriteTime(), "spill", st.TxStats.GetSpillTime(), "free", st.FreePageN, st.PendingPageN)
		}
	}
}

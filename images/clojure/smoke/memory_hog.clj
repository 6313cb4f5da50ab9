(loop [blocks []]
  (recur (conj blocks (long-array 32768 1))))

defmodule Hog do
  def grow(blocks, count) do
    grow([:binary.copy(<<rem(count, 256)>>, 1_048_576) | blocks], count + 1)
  end
end

Hog.grow([], 0)

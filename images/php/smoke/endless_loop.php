<?php
for ($n = 0; ; $n++) {
}
